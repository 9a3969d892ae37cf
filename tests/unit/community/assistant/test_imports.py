"""What the room of the text service can reach, and who reaches it."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
MAY_USE = {"community.assistant", "community.look"}
"""Of ours; everything else that it imports is Python's own, or Google's library in one module."""
MODULES = sorted((ROOT / "community" / "assistant").glob("*.py"))


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield from (f"{node.module}.{one.name}" for one in node.names)


def test_the_room_of_the_service_can_reach_no_image_no_store_and_no_person() -> None:
    assert len(MODULES) > 5
    for file in MODULES:
        for name in imported(file):
            top = name.partition(".")[0]
            is_ours = any(name.startswith(one) for one in MAY_USE)
            is_googles = top == "google" and file.name == "gemini.py"
            assert is_ours or is_googles or top in _of_python(), (file.name, name)


def _of_python() -> set[str]:
    return {
        "__future__", "collections", "dataclasses", "hashlib", "json", "re", "typing",
        "unicodedata",
    }  # fmt: skip


def test_the_build_has_a_contract_for_it() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    contract = setup["importlinter:contract:assistant"]
    assert contract["type"] == "forbidden"
    assert contract["source_modules"] == "community.assistant"
    forbidden = set(contract["forbidden_modules"].split())
    assert {"archive", "imaging", "pydicom", "community.accounts"} <= forbidden


def test_only_the_worker_asks() -> None:
    """The round and the service are called by the worker's entry file and by nobody else."""
    callers = {
        str(file.relative_to(ROOT))
        for package in ("community", "archive", "dicomweb", "dimse", "worker", "ops")
        for file in [*(ROOT / package).rglob("*.py"), ROOT / "wsgi.py", ROOT / "celery_app.py"]
        if {name.rpartition(".")[2] for name in imported(file)} & {"work_waiting", "Gemini"}
    }
    assert callers == {"celery_app.py", "community/assisting/settings.py"}
    asked = {
        str(file.relative_to(ROOT))
        for file in [*(ROOT / "community").rglob("*.py"), ROOT / "wsgi.py", ROOT / "celery_app.py"]
        if ".service()" in file.read_text("utf-8")
    }
    assert asked == {"celery_app.py"}
