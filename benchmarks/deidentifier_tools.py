"""One de-identification tool over a folder of files: run by the interpreter that has the tool.

`python deidentifier_tools.py TOOL IN OUT RECIPE` prints JSON: seconds, and how many files failed.
It imports nothing of ours unless it is asked for ours.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

OneFile = Callable[[Path, Path], None]


def dicom_anonymizer(recipe: str) -> OneFile:
    """KitwareMedical/dicom-anonymizer with its newest table."""
    from dicomanonymizer import simpledicomanonymizer as tool

    def rules() -> dict:  # type: ignore[type-arg]
        return tool.initialize_actions("dicomfields_2026c")

    def run(source: Path, target: Path) -> None:
        tool.anonymize_dicom_file(str(source), str(target), base_rules_gen=rules)

    return run


def deid(recipe: str) -> OneFile:
    """pydicom/deid with its own recipe, or with one made of table E.1-1."""
    from deid.config import DeidRecipe
    from deid.dicom import replace_identifiers

    chosen = DeidRecipe(deid=recipe) if recipe else DeidRecipe()

    def run(source: Path, target: Path) -> None:
        replace_identifiers(
            dicom_files=[str(source)], deid=chosen, ids={str(source): {"map_uid": _map_uid}},
            save=True, overwrite=True, output_folder=str(target.parent), remove_private=True,
        )  # fmt: skip

    return run


def _map_uid(item: object, value: str, field: object, dicom: object) -> str:
    """What users of deid write themselves; the same for the same UID."""
    old = str(getattr(getattr(field, "element", field), "value", field))
    return "2.25." + str(int.from_bytes(hashlib.sha256(old.encode()).digest()[:15], "big"))


TOOLS: dict[str, Callable[[str], OneFile]] = {"dicom-anonymizer": dicom_anonymizer, "deid": deid}


def each(run: OneFile, source: Path, target: Path) -> dict[str, object]:
    """Every file alone, so that one that stops the tool stops only itself."""
    failed = []
    began = time.perf_counter()
    for path in sorted(source.rglob("*")):
        if not path.is_file():
            continue
        out = target / path.relative_to(source)
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            run(path, out)
        # A stranger's tool raises what it likes.
        except BaseException as error:
            failed.append(f"{type(error).__name__}")
            out.unlink(missing_ok=True)
    return {"seconds": time.perf_counter() - began, "failed": failed}


def ours(source: Path, target: Path, options: str) -> dict[str, object]:
    """`python -m worker deidentify` without its start."""
    sys.path.insert(0, os.fspath(Path(__file__).resolve().parent.parent))
    from imaging.deidentify.profile import Profile
    from imaging.deidentify.secrets import new_secret
    from worker.folder_progress import Progress
    from worker.folders import Folder, Order, deidentify_folder

    order = Order(
        Profile.of(name for name in options.split(",") if name), new_secret("bench"), "bench"
    )
    report = target.with_name(target.name + ".json")
    folder = Folder.of(source, target, report)
    began = time.perf_counter()
    failed = deidentify_folder(folder, order, 1, Progress(sys.stderr, len(folder.files)))
    return {"seconds": time.perf_counter() - began, "failed": ["refused"] * failed}


def main(tool: str, source: str, target: str, recipe: str) -> int:
    logging.disable(logging.CRITICAL)
    out = os.dup(1)
    # Tools write to standard output what is no answer.
    os.dup2(2, 1)
    if tool == "ours":
        made = ours(Path(source), Path(target), recipe)
    else:
        made = each(TOOLS[tool](recipe), Path(source), Path(target))
    os.write(out, json.dumps(made).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
