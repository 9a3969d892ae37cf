"""Nothing that is planted in the corpus is in what `python -m worker deidentify` writes or says."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.conftest import ROOT
from tests.planted.corpus import corpus, write
from tests.planted.plants import ROOT as UID_ROOT
from tests.planted.plants import Plant
from tests.planted.search import found, found_in_folder

CLEAN = ("clean_descriptors", "clean_structured_content", "clean_graphics")
OPTIONS: dict[str, tuple[str, ...]] = {
    "basic": (),
    "clean": CLEAN,
    "moved-dates": (*CLEAN, "retain_long_modified_dates"),
    "keeping": (
        *CLEAN, "retain_long_full_dates", "retain_patient_characteristics",
        "retain_device_identity", "retain_institution_identity", "retain_safe_private",
    ),
    "uids": ("retain_uids",),
}  # fmt: skip

FILES = corpus()
KINDS = sorted({plant.kind for file in FILES for plant in file.plants})


@dataclass(frozen=True)
class Run:
    """One run over the corpus."""

    options: tuple[str, ...]
    folder: Path
    report: str
    said: str

    def plants(self) -> Iterator[Plant]:
        """Those that must be nowhere."""
        for file in FILES:
            yield from (plant for plant in file.plants if plant.must_vanish(self.options))

    def outputs(self) -> dict[int, Dataset]:
        """What was written, by Instance Number."""
        read = [pydicom.dcmread(path) for path in self.folder.rglob("*") if path.is_file()]
        return {int(ds.InstanceNumber): ds for ds in read}


class Runs:
    """Runs over the corpus, each made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "in"
        write(FILES, self.source)
        self._made: dict[str, Run] = {}

    def __getitem__(self, name: str) -> Run:
        if name not in self._made:
            self._made[name] = self.run(name, OPTIONS[name])
        return self._made[name]

    def run(self, name: str, options: tuple[str, ...], *more: str) -> Run:
        """Run it as a user does."""
        out, report = self.folder / name, self.folder / f"{name}.json"
        done = subprocess.run(
            [
                sys.executable, "-m", "worker", "deidentify", self.source, out,
                "--report", report, "--key-file", self.folder / "keys",
                "--options", ",".join(options), *more,
            ],
            cwd=ROOT, env=dict(os.environ, PYTHONPATH=str(ROOT)), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        return Run(options, out, report.read_text(), done.stdout + done.stderr)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def leaks(runs: Runs) -> dict[str, list[tuple[str, str]]]:
    """What the run without options leaks, by kind: the file where it was found, and the place."""
    made: dict[str, list[tuple[str, str]]] = {}
    for name, plants in found_in_folder(runs["basic"].plants(), runs["basic"].folder).items():
        for plant in plants:
            made.setdefault(plant.kind, []).append((name, plant.place))
    return made


# ---- the corpus itself


def test_every_plant_is_found_before() -> None:
    for file in FILES:
        there = found(file.plants, file.made.to_bytes()) + found(file.plants, file.path.encode())
        missing = [plant for plant in file.plants if plant not in there]
        assert not missing, file.name


def test_there_are_as_many_hiding_places_and_character_sets_as_the_issue_wants() -> None:
    charsets = {tuple(file.made.ds.get("SpecificCharacterSet", "") or "") for file in FILES}
    assert len(KINDS) >= 25
    assert len(charsets) > 5


def test_no_two_plants_have_the_same_text_unless_it_is_of_one_file() -> None:
    owner: dict[str, str] = {}
    for file in FILES:
        for plant in file.plants:
            if plant.kind == "UID":
                continue
            for text in plant.texts:
                assert owner.setdefault(text, file.name) == file.name


# ---- leaks


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_in_this_hiding_place(
    kind: str, leaks: dict[str, list[tuple[str, str]]]
) -> None:
    assert not leaks.get(kind)


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "basic"])
def test_options_leave_nothing_but_what_they_keep(name: str, runs: Runs) -> None:
    run = runs[name]
    hits = found_in_folder(run.plants(), run.folder)
    assert not {
        (path, plant.kind, plant.place) for path, plants in hits.items() for plant in plants
    }


@pytest.mark.parametrize("name", OPTIONS)
def test_receipt_and_output_of_the_command_tell_nothing(name: str, runs: Runs) -> None:
    run = runs[name]
    every = list(run.plants())
    assert not found(every, run.report.encode())
    assert not found(every, json.dumps(json.loads(run.report), ensure_ascii=False).encode())
    assert not found(every, run.said.encode())


@pytest.mark.parametrize("name", OPTIONS)
def test_only_what_may_be_refused_is_missing(name: str, runs: Runs) -> None:
    written = runs[name].outputs()
    missing = {f.name for f in FILES if f.number not in written and not f.made.may_be_refused}
    assert not missing


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_keeps_what_it_says(name: str, runs: Runs) -> None:
    options = set(runs[name].options)
    file = next(file for file in FILES if file.name == "every-row")
    out = io.BytesIO()
    runs[name].outputs()[file.number].save_as(out)
    kept = [plant for plant in file.plants if plant.kept_by & options and plant.texts]
    # Two UIDs are mapped whatever the options are.
    kept = [plant for plant in kept if plant.place not in ("UID", "DigitalSignatureUID")]
    there = found(kept, out.getvalue())
    assert [plant.place for plant in kept if plant not in there] == []


# ---- what stays true


@pytest.mark.parametrize("name", OPTIONS)
def test_every_reference_that_stays_points_to_the_same_instance(name: str, runs: Runs) -> None:
    written, mapped = runs[name].outputs(), {}
    for file in FILES:
        if (after := written.get(file.number)) is not None:
            mapped |= _identities(file.made.ds, after)
    followed = 0
    for file in FILES:
        if (after := written.get(file.number)) is None:
            continue
        then = _by_path(file.made.ds)
        for path, now in _by_path(after).items():
            # Items of a report may be gone: what is left points where it pointed.
            if then.get(path) and mapped.keys() >= set(then[path]):
                assert set(now) <= {mapped[uid] for uid in then[path]}, (file.name, path)
                followed += len(now)
    assert followed > 100


def test_reports_states_plans_and_segmentations_keep_all_their_references(runs: Runs) -> None:
    written = runs["clean"].outputs()
    for file in FILES[:8]:
        now = dict(_uids(written[file.number]))
        lost = [
            path for path, uid in _uids(file.made.ds) if "Referenced" in path and path not in now
        ]
        assert not lost, file.name


def test_the_same_uid_becomes_the_same_in_every_file(runs: Runs) -> None:
    written = runs["basic"].outputs()
    studies = {written[file.number].StudyInstanceUID for file in FILES[:8]}
    others = {ds.StudyInstanceUID for number, ds in written.items() if number > 8}
    assert len(studies) == 1
    assert not studies & others


def test_uids_stay_when_they_are_retained(runs: Runs) -> None:
    written = runs["uids"].outputs()
    assert all(str(ds.SOPInstanceUID).startswith(UID_ROOT) for ds in written.values())


def test_dates_of_a_patient_move_together(runs: Runs) -> None:
    written, moved = runs["moved-dates"].outputs(), 0
    for file in FILES:
        if (after := written.get(file.number)) is None:
            continue
        days = {
            (_day(before[1]) - _day(dict(_dates(after))[before[0]])).days
            for before in _dates(file.made.ds)
            if dict(_dates(after)).get(before[0])
        }
        assert len(days) <= 1, file.name
        moved += len(days)
        assert all(day >= 365 for day in days)
    assert moved > 20


def test_full_dates_stay(runs: Runs) -> None:
    file = FILES[0]
    after = runs["keeping"].outputs()[file.number]
    assert after.StudyDate == file.made.ds.StudyDate


def test_a_patient_has_one_pseudonym_in_every_study_and_every_run(runs: Runs) -> None:
    names = [
        {number: (str(ds.PatientName), ds.PatientID) for number, ds in runs[name].outputs().items()}
        for name in ("basic", "clean")
    ]
    common = names[0].keys() & names[1].keys()
    assert {number: names[0][number] for number in common} == {
        number: names[1][number] for number in common
    }
    assert len({pair for number, pair in names[0].items()}) > 20


def test_another_collection_has_other_pseudonyms(runs: Runs) -> None:
    other = runs.run("other-collection", (), "--collection", "other").outputs()
    here = runs["basic"].outputs()
    assert all(here[number].PatientID != other[number].PatientID for number in other)
    assert all(here[number].SOPInstanceUID != other[number].SOPInstanceUID for number in other)


# ---- what elements say


def _elements(ds: Dataset, path: str = "") -> Iterator[tuple[str, object]]:
    for tag in sorted(ds.keys()):
        element = ds[tag] if not tag >> 16 & 1 else None
        if element is None:
            continue
        if element.VR == "SQ":
            for index, item in enumerate(element.value):
                yield from _elements(item, f"{path}{element.keyword}[{index}].")
        else:
            yield f"{path}{element.keyword}", element


def _uids(ds: Dataset) -> Iterator[tuple[str, str]]:
    for path, element in _elements(ds):
        if element.VR == "UI" and isinstance(element.value, str) and element.value:  # type: ignore[attr-defined]
            yield path, str(element.value)  # type: ignore[attr-defined]


def _by_path(ds: Dataset) -> dict[str, list[str]]:
    """UIDs by where they stand, whichever item of a sequence it is."""
    made: dict[str, list[str]] = {}
    for path, uid in _uids(ds):
        made.setdefault(re.sub(r"\[\d+\]", "", path), []).append(uid)
    return made


def _dates(ds: Dataset) -> Iterator[tuple[str, str]]:
    for path, element in _elements(ds):
        value = str(element.value)  # type: ignore[attr-defined]
        if element.VR in ("DA", "DT") and value[:8].isdigit() and path != "PatientBirthDate":  # type: ignore[attr-defined]
            yield path, value


def _identities(before: Dataset, after: Dataset) -> dict[str, str]:
    """Old and new of what a file itself is known by."""
    keywords = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
    return {
        str(before[keyword].value): str(after[keyword].value)
        for keyword in keywords
        if keyword in before and keyword in after
    }


def _day(text: str) -> datetime:
    return datetime.strptime(text[:8], "%Y%m%d")
