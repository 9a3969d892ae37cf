"""The operator's guide leaves no setting and no metric out."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from archive.settings import ArchiveLimits
from worker.settings import WorkerSettings

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
PACKAGES = ("archive", "dicomweb", "dimse", "worker", "viewer", "telemetry", "ops", "community")
# Begin as settings do and are none: AE titles, and our version name in files.
NO_SETTINGS = {"DICOMTUBE_DEID", "DICOMTUBE_0"}


def sources() -> str:
    files = [*ROOT.glob("*.py"), *(file for one in PACKAGES for file in (ROOT / one).rglob("*.py"))]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def spelled_in_code() -> set[str]:
    found = set(re.findall(r"\bDICOMTUBE_[A-Z0-9_]*[A-Z0-9]\b", sources())) - NO_SETTINGS
    return {name for name in found if not name.endswith("_TLS")}


def made_of_fields() -> set[str]:
    limits = {f"DICOMTUBE_{one.name.upper()}" for one in fields(ArchiveLimits)}
    return limits | {f"DICOMTUBE_WORKER_{one.name.upper()}" for one in fields(WorkerSettings)}


def test_every_setting_of_the_code_stands_in_the_guide() -> None:
    named = set(re.findall(r"DICOMTUBE_[A-Z0-9_]+", GUIDE))
    assert (spelled_in_code() | made_of_fields()) - named == set()


def test_the_guide_names_no_setting_that_the_code_does_not_read() -> None:
    named = set(re.findall(r"DICOMTUBE_[A-Z0-9_]+", GUIDE)) - NO_SETTINGS
    read = spelled_in_code() | made_of_fields()
    read |= {f"DICOMTUBE_DIMSE_TLS_{part}" for part in ("CERT", "KEY", "CA")}
    assert named - read == set()


def test_every_metric_stands_in_the_guide() -> None:
    text = (ROOT / "telemetry" / "metrics.py").read_text(encoding="utf-8")
    metrics = set(re.findall(r'"(dicomtube_\w+)"', text))
    readings = text.partition("READINGS = {")[2].partition("}")[0]
    metrics |= {f"dicomtube_{name}" for name in re.findall(r'"(\w+)":', readings)}
    assert len(metrics) > 10
    assert {name for name in metrics if f"`{name}`" not in GUIDE} == set()


def test_every_link_inside_the_guide_leads_somewhere() -> None:
    heads = re.findall(r"^#+ (.+)$", GUIDE, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}
    assert set(re.findall(r"\(#([a-z0-9-]+)\)", GUIDE)) <= anchors
