"""`python -m benchmarks.deidentifiers`: DicomTube beside two other de-identification tools.

All meet the corpus of planted identifiers and the same real files in one run, each in a process
of its own, ours last. Writes docs/deidentification-comparison.md. The other tools are installed
into an environment that is thrown away.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset

from benchmarks.deidentifier_runs import Tool, run, speed_section, speeds
from benchmarks.validation import ROOT, Validated, nameless, new_errors, read, sample, validate
from imaging.deidentify.profile import rules
from tests.planted.corpus import File, corpus, write
from tests.planted.plants import Plant
from tests.planted.search import found

PACKAGES = ("dicom-anonymizer==2.1.0", "deid==0.4.13")
CLEAN = "clean_descriptors,clean_structured_content,clean_graphics"
_OWN = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")


@dataclass
class Result:
    """What came of one tool."""

    tool: Tool
    planted: int = 0
    real: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    leaks: Counter[str] = field(default_factory=Counter)
    plants: Counter[str] = field(default_factory=Counter)
    references: int = 0
    broken: int = 0
    lost: int = 0
    new_errors: Counter[str] = field(default_factory=Counter)


def recipe_of_table() -> str:
    """What somebody who knows PS3.15 would give to deid."""
    verbs = {"X": "REMOVE {}", "Z": "BLANK {}", "U": "REPLACE {} func:map_uid"}
    lines = ["FORMAT dicom", "", "%header", ""]
    for rule in rules().values():
        if not rule.keyword.isidentifier() or not rule.basic:
            continue
        action = "U" if rule.vr == "UI" else "Z" if rule.vr in ("DA", "TM", "DT") else rule.basic
        verb = verbs.get(action[0], "REPLACE {} ANONYMIZED")
        if "Z" in action and action[0] == "X":
            verb = verbs["Z"]
        lines.append(verb.format(rule.keyword))
    lines += ["ADD PatientIdentityRemoved YES", ""]
    return "\n".join(lines)


def measure(
    tool: Tool, python: Path, folder: Path, files: list[File], before: dict[str, Validated]
) -> Result:
    """Everything about one tool."""
    result = Result(tool)
    for kind in ("planted", "real"):
        source, target = folder / kind, folder / f"{tool.title} {kind}".replace("/", " ")
        target.mkdir()
        made = run(tool, python, source, target)
        result.failed.update(made["failed"])
        if kind == "real":
            result.real = len(list(target.iterdir()))
            for path in target.iterdir():
                after = validate(path)
                result.new_errors.update(new_errors(before[path.name], after))
    _search(result, files, folder / f"{tool.title} planted".replace("/", " "))
    return result


def _search(result: Result, files: list[File], folder: Path) -> None:
    plants = [plant for file in files for plant in file.plants]
    options = result.tool.recipe.split(",") if result.tool.name == "ours" else []
    wanted = [plant for plant in plants if plant.must_vanish(options)]
    written: dict[int, Dataset] = {}
    hits: dict[int, Plant] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        name = str(path.relative_to(folder)).encode()
        hits |= {id(plant): plant for plant in found(wanted, data) + found(wanted, name)}
        if (ds := read(path)) is not None:
            written[int(ds.get("InstanceNumber") or -len(written) - 1)] = ds
    result.planted = len(written)
    there = {file.name for file in files if file.number in written}
    result.plants.update(plant.kind for plant in wanted if plant.file in there)
    result.leaks.update(plant.kind for plant in hits.values())
    _follow(result, files, written)


def _follow(result: Result, files: list[File], written: dict[int, Dataset]) -> None:
    """Count references between files of the corpus that point elsewhere, or are gone."""
    mapped: dict[str, str] = {}
    for file in files:
        if (after := written.get(file.number)) is not None:
            for keyword in _OWN:
                if keyword in file.made.ds:
                    mapped[str(file.made.ds[keyword].value)] = str(after.get(keyword, ""))
    for file in files:
        if (after := written.get(file.number)) is None:
            continue
        now = dict(_references(after))
        for path, uid in _references(file.made.ds):
            if uid not in mapped:
                continue
            result.references += 1
            if path not in now:
                result.lost += 1
            elif now[path] != mapped[uid]:
                result.broken += 1


def _references(ds: Dataset, path: str = "") -> Iterator[tuple[str, str]]:
    """UIDs in items of sequences, by where they stand and their place among those."""
    counts: Counter[str] = Counter()
    for place, uid in _nested_uids(ds, path):
        counts[place] += 1
        yield f"{place} {counts[place]}", uid


def _nested_uids(ds: Dataset, path: str) -> Iterator[tuple[str, str]]:
    for tag in sorted(ds.keys()):
        try:
            element = ds[tag]
        # A value that pydicom cannot read is none.
        except Exception:
            continue
        if element.VR == "SQ":
            for item in element.value:
                yield from _nested_uids(item, f"{path}{element.keyword}.")
        elif path and element.VR == "UI" and isinstance(element.value, str) and element.value:
            yield f"{path}{element.keyword}", str(element.value)


# ---- what is written


def report(results: list[Result], speed: list[str], files: list[File], real: int) -> str:
    """The page."""
    kinds = sorted({plant.kind for file in files for plant in file.plants})
    lines = [
        "# Beside other de-identification tools",
        "",
        "Made by `python -m benchmarks.deidentifiers`; do not edit. Every tool met, in one run",
        f"on one machine, the corpus of planted identifiers ({len(files)} files, {len(kinds)}",
        f"kinds of hiding place, `tests/planted`) and {real} public files of many kinds. A leak is",
        "a planted text found anywhere in what was written, file names included. References are",
        "UIDs in sequences that point from one file of the corpus to another. An error is new when",
        "`dciodvfy` says it of the finished file and not of the original.",
        "",
        "| tool | files written | **leaks** | kinds of place that leak | references wrong "
        "| references lost | **new errors** |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.tool.title} | {one.planted} + {one.real} "
        f"| **{sum(one.leaks.values())}** of {sum(one.plants.values())} | {len(one.leaks)} "
        f"| {one.broken} of {one.references} | {one.lost} "
        f"| **{sum(one.new_errors.values())}** |"
        for one in results
    ]
    lines += [
        "",
        "What a tool refuses to write leaks nothing and is not counted as clean: it is missing",
        "from the files written. A reference is lost when the element or an item before it is",
        "gone, which the Basic Profile wants of some sequences.",
        "",
        *speed,
        "## Leaks by kind of hiding place",
        "",
        "| kind | " + " | ".join(one.tool.title for one in results) + " |",
        "|---|" + "---|" * len(results),
    ]
    for kind in kinds:
        cells = " | ".join(f"{one.leaks[kind]} of {one.plants[kind]}" for one in results)
        lines.append(f"| {kind} | {cells} |")
    lines += ["", "## Why files were not written", ""]
    for one in results:
        why = ", ".join(f"{reason} × {count}" for reason, count in one.failed.most_common())
        lines.append(f"- {one.tool.title}: {why or 'all were'}")
    lines += ["", "## New errors most often", ""]
    for one in results:
        for error, count in one.new_errors.most_common(5):
            lines.append(f"- {one.tool.title}: {re.sub(r'[|<>]', ' ', error)} × {count}")
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deidentifiers", description=__doc__)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    parser.add_argument("--python", type=Path, help="an interpreter that has the other tools")
    parser.add_argument("--alike", type=int, default=2, help="public files of each kind")
    parser.add_argument("--rounds", type=int, default=5, help="of the measure of speed")
    parser.add_argument("--only-speed", action="store_true", help="print its table, write no page")
    options = parser.parse_args()
    files = corpus()
    with tempfile.TemporaryDirectory(prefix="dicomtube-deidentifiers-") as name:
        folder = Path(name)
        python = options.python or _environment(folder / "venv")
        before = _prepare(folder, files, options.alike)
        recipe = folder / "table.dicom"
        recipe.write_text(recipe_of_table())
        tools = (
            Tool("pydicom/deid 0.4.13", "deid"),
            Tool("deid, recipe of table E.1-1", "deid", str(recipe)),
            Tool("dicom-anonymizer 2.1.0", "dicom-anonymizer"),
            Tool("DicomTube, basic", "ours"),
            Tool("DicomTube, clean options", "ours", CLEAN),
        )
        measured = [
            (said, speeds(tools, python, folder / name, folder, options.rounds))
            for said, name in (
                (f"the {len(before)} files of many kinds", "real"),
                (f"{_prepare_all(folder)} public files, many of a kind", "every"),
            )
        ]
        speed = speed_section(tools, measured, "dicom-anonymizer")
        if options.only_speed:
            print("\n".join(speed))
            return 0
        results = []
        for tool in tools:
            print(f"{tool.title} …", file=sys.stderr)
            results.append(measure(tool, python, folder, files, before))
    (options.docs / "deidentification-comparison.md").write_text(
        report(results, speed, files, len(before)), "utf-8"
    )
    return 0


def _environment(folder: Path) -> Path:
    print(f"Installing {', '.join(PACKAGES)} for once …", file=sys.stderr)
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES], check=True
    )
    return python


def _prepare(folder: Path, files: list[File], most_alike: int) -> dict[str, Validated]:
    """Write both folders; give what the validator says of the public files, by name."""
    planted, real = folder / "planted", folder / "real"
    write(files, planted)
    real.mkdir()
    said = {}
    for number, file in enumerate(sample(most_alike)):
        target = real / nameless(number)
        target.write_bytes(file.read())
        said[target.name] = validate(target)
    # Where the validator gives up over the original, everything would be new.
    for name in [name for name, one in said.items() if one.gave_up]:
        (real / name).unlink()
        del said[name]
    return said


def _prepare_all(folder: Path) -> int:
    """Write the folder of all public files; say how many."""
    every = folder / "every"
    every.mkdir()
    files = sample(sys.maxsize)
    for number, file in enumerate(files):
        (every / nameless(number)).write_bytes(file.read())
    return len(files)


if __name__ == "__main__":
    sys.exit(main())
