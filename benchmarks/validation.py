"""`python -m benchmarks.validation`: dciodvfy on the real files before and after de-identification.

Writes docs/deidentification-conformance.md. An error counts as new when the validator says it of
the finished file and not of the original, values and UIDs aside. The test that holds the two
together on a sample uses the same functions.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.part10_files import RealFile, real_files  # noqa: E402  (needs ROOT on sys.path)

PROFILES: dict[str, tuple[str, ...]] = {
    "basic": (),
    "clean, dates moved": (
        "clean_descriptors", "clean_structured_content", "clean_graphics",
        "retain_long_modified_dates",
    ),
    "all that can be retained": (
        "retain_long_full_dates", "retain_patient_characteristics", "retain_device_identity",
        "retain_institution_identity", "retain_uids", "retain_safe_private", "clean_descriptors",
        "clean_structured_content", "clean_graphics",
    ),
}  # fmt: skip

_MAX_SECONDS = 60
_MAX_SAMPLED_BYTES = 4_000_000
_UID = re.compile(r"\d+(?:\.\d+){2,}")
_INVALID = re.compile(r"(Value invalid for this VR - \S+ ).*")
_VALUE = re.compile(
    r"( value) <[^>]*>|( = )<[^>]*>|(values? are) .*|(=) '.*|(but have .*InstanceUID) .*"
)
# Said before the end was reached: nobody knows what else would have been said.
_GAVE_UP = ("Dicom dataset read failed", "Information Object Not found", "Tags out of order")


@dataclass(frozen=True)
class Validated:
    """What the validator says of a file.

    Attributes
    ----------
    gave_up
        It did not come to the end, or does not know the kind of object.
    """

    errors: frozenset[str]
    gave_up: bool


def validate(path: Path) -> Validated:
    """Ask dciodvfy."""
    try:
        done = subprocess.run(
            ["dciodvfy", str(path)], capture_output=True, check=False, timeout=_MAX_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Validated(frozenset(), gave_up=True)
    lines = (done.stderr + done.stdout).decode("utf-8", "replace").splitlines()
    errors = [line.removeprefix("Error - ") for line in lines if line.startswith("Error")]
    gave_up = done.returncode < 0 or any(line.startswith(_GAVE_UP) for line in errors)
    return Validated(frozenset(map(normalised, errors)), gave_up)


def normalised(line: str) -> str:
    """An error without the value that it is about."""
    line = _INVALID.sub(r"\1", line)
    line = _VALUE.sub(lambda match: next(group for group in match.groups() if group), line)
    return _UID.sub("UID", line).strip()


def nameless(number: int) -> str:
    """A file's name that no patient's ID is part of: files with such names are given others."""
    return "".join("qxzjkvwyhu"[int(digit)] for digit in f"{number:06}")


def new_errors(before: Validated, after: Validated) -> frozenset[str]:
    """What is wrong now and was not."""
    return after.errors - before.errors


def deidentify(source: Path, target: Path, options: Sequence[str], *more: str) -> str:
    """Run our command line over a folder; give what it said."""
    with tempfile.TemporaryDirectory(prefix="dicomtube-keys-") as keys:
        done = subprocess.run(
            [
                sys.executable, "-m", "worker", "deidentify", source, target,
                "--report", f"{keys}/receipt.json", "--key-file", f"{keys}/keys",
                "--options", ",".join(options), *more,
            ],
            cwd=ROOT, env=dict(os.environ, PYTHONPATH=str(ROOT)), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return done.stderr


@dataclass(frozen=True)
class Compared:
    """One file before and after."""

    name: str
    before: Validated
    after: Validated | None

    @property
    def comparable(self) -> bool:
        """Whether there are two lists to compare."""
        return self.after is not None and not self.before.gave_up

    @property
    def new(self) -> frozenset[str]:
        """New errors; none of what cannot be compared."""
        if self.after is None or not self.comparable:
            return frozenset()
        return new_errors(self.before, self.after)


def compare(
    files: Iterable[tuple[str, Path]], folder: Path, options: Sequence[str]
) -> list[Compared]:
    """De-identify files under numbers for names, and ask the validator of each, twice."""
    named = list(files)
    source, target = folder / "in", folder / "out"
    source.mkdir()
    for number, (_, path) in enumerate(named):
        (source / nameless(number)).symlink_to(path)
    deidentify(source, target, options)
    done = []
    for number, (name, path) in enumerate(named):
        after = target / nameless(number)
        done.append(Compared(name, validate(path), validate(after) if after.is_file() else None))
    return done


def sample(most_alike: int = 2) -> list[RealFile]:
    """Real files of moderate size, so many of each SOP class and transfer syntax."""
    seen: Counter[str] = Counter()
    chosen = []
    for file in real_files():
        ds = read(file.path) if file.path.stat().st_size <= _MAX_SAMPLED_BYTES else None
        if ds is None or not ds.get("SOPClassUID") or not hasattr(ds, "file_meta"):
            continue
        kind = f"{ds.SOPClassUID} {ds.file_meta.get('TransferSyntaxUID')}"
        seen[kind] += 1
        if seen[kind] <= most_alike:
            chosen.append(file)
    return chosen


def read(path: Path) -> Dataset | None:
    """A file as pydicom reads it; None when it does not."""
    try:
        return pydicom.dcmread(path, force=True)
    # pydicom raises what it likes over files that are damaged.
    except Exception:
        return None


# ---- what is written


def report(results: dict[str, list[Compared]]) -> str:
    """The page."""
    lines = [
        "# De-identified files before a validator",
        "",
        "Made by `python -m benchmarks.validation` from the public test data; do not edit. Each",
        "file was checked by `dciodvfy` (dicom3tools) as received and de-identified. An error is",
        "new when it is said of the finished file and not of the original, values aside.",
        "",
        "| options | files | written | compared | errors before | after | mended | **new** |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, done in results.items():
        compared = [one for one in done if one.comparable and one.after]
        before = sum(len(one.before.errors) for one in compared)
        after = sum(len(one.after.errors) for one in compared if one.after)
        mended = sum(len(one.before.errors - one.after.errors) for one in compared if one.after)
        new = sum(len(one.new) for one in compared)
        written = sum(one.after is not None for one in done)
        lines.append(
            f"| {name} | {len(done)} | {written} | {len(compared)} | {before} | {after} "
            f"| {mended} | **{new}** |"
        )
    lines += ["", "Not compared are files that the validator cannot read to their end as received."]
    said = Counter(error for done in results.values() for one in done for error in one.new)
    if said:
        lines += ["", "## New errors", "", "| error | times |", "|---|---|"]
        lines += [f"| {error} | {count} |" for error, count in said.most_common()]
    gone = sorted({one.name for done in results.values() for one in done if one.after is None})
    if gone:
        lines += ["", "## Not written", "", *(f"- `{name}`" for name in gone)]
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation", description=__doc__)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    parser.add_argument("--verbose", action="store_true", help="name the files of new errors")
    options = parser.parse_args()
    files = [(file.name, file.path) for file in real_files()]
    results = {}
    for name, chosen in PROFILES.items():
        with tempfile.TemporaryDirectory(prefix="dicomtube-validation-") as folder:
            results[name] = compare(files, Path(folder), chosen)
        for one in results[name]:
            if one.new and options.verbose:
                print(name, one.name, *sorted(one.new), sep="\n  ", file=sys.stderr)
    (options.docs / "deidentification-conformance.md").write_text(report(results), "utf-8")
    return int(any(one.new for done in results.values() for one in done))


if __name__ == "__main__":
    sys.exit(main())
