"""Files of a folder de-identified into another: every study gathered first, then file by file.

What becomes of one file is `imaging.deidentify.cleaning`; where it is written, under which name,
and what the report says of it, lives here. A file that fails, fails alone.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from imaging.children import prepare_for
from imaging.deidentify.cleaning import (
    Known,
    NotClean,
    Review,
    Work,
    check_finished,
    clean,
    gather,
    needs_codec,
)
from imaging.deidentify.engine import Plan
from imaging.deidentify.identity import Identity
from imaging.deidentify.pixels.faces import Slices
from imaging.deidentify.profile import Profile
from imaging.deidentify.receipt import Evidence, receipt_of
from imaging.deidentify.secrets import Secret
from imaging.errors import ImagingError
from imaging.part10 import Header, read_header
from worker.folder_progress import Progress
from worker.ordered_work import Lost, in_order
from worker.placing import name_of, place

_STUDY = 0x0020000D
# Elements of eight bytes take so much more in memory.
_MAX_GROWTH = 32
_LOST = "its process ended over it"


max_kept_headers = 256 * 1024 * 1024
"""Bytes that headers may take at worst between the two times that they are needed."""


class BadFolder(Exception):  # noqa: N818 - reads as the fact it states
    """Input, output or report cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted."""

    profile: Profile
    secret: Secret = field(repr=False)
    collection: str
    stored_syntax: str | None = None
    review: Review = Review.NEVER

    def work(self) -> Work:
        """What is done to each instance."""
        plan = Plan(self.profile, self.secret, self.collection)
        return Work(plan, self.stored_syntax, self.review)


@dataclass(frozen=True, slots=True)
class Folder:
    """What is read and where it goes."""

    source: Path
    target: Path
    report: Path
    files: tuple[Path, ...]

    @classmethod
    def of(cls, source: Path, target: Path, report: Path) -> Folder:
        """Look at the folders.

        Raises
        ------
        BadFolder
            There is nothing to read, or something would be overwritten.
        """
        if not source.exists():
            raise BadFolder(f"{source} does not exist")
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise BadFolder(f"{target} must be a folder that is empty, or not there yet")
        if source.is_dir() and target.resolve().is_relative_to(source.resolve()):
            raise BadFolder(f"{target} must not lie inside {source}")
        if not report.absolute().parent.is_dir():
            raise BadFolder(f"the folder of {report} does not exist")
        if source.is_file():
            return cls(source.parent, target, report, (source,))
        return cls(source, target, report, tuple(_files(source)))

    def number_of(self, path: Path) -> int:
        """Its place, from 1, in the sorted list of all that are read."""
        return self.files.index(path) + 1

    def told(self, path: Path, is_read: bool) -> str:
        """How a file is called: by its name to somebody at a terminal, by its number in a log.

        Names of files often say who the patient is, and logs are kept.
        """
        return str(path) if is_read else f"file {self.number_of(path)}"


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str


@dataclass(frozen=True, slots=True)
class _Made:
    """A file that is finished and has no name yet."""

    evidence: Evidence
    name: Path


@dataclass(slots=True)
class _Study:
    """What its files have said so far."""

    identity: Identity = field(default_factory=Identity)
    uids: set[str] = field(default_factory=set)
    slices: list[tuple[str, Slices]] = field(default_factory=list)

    def add(self, known: Known) -> None:
        self.identity |= known.identity
        self.uids |= known.uids
        self.slices += known.slices

    def known(self) -> Known:
        return Known(self.identity, frozenset(self.uids), tuple(self.slices))


class _Headers:
    """Headers that were read once, while there is room and their files do not change."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Header, tuple[int, ...]]] = {}
        self._room = max_kept_headers

    def keep(self, number: int, header: Header, stream: BinaryIO) -> None:
        pixels = header.pixel_data
        length = 0 if pixels is None else pixels.length or sum(pixels.fragments or ())
        self._room -= (header.size - length) * _MAX_GROWTH
        if self._room > 0:
            self._kept[number] = header, _state(stream)

    def of(self, number: int, stream: BinaryIO) -> Header | None:
        """The header of a file, unless it is not kept or the file is another now."""
        header, state = self._kept.pop(number, (None, ()))
        return header if state == _state(stream) else None


def _state(stream: BinaryIO) -> tuple[int, ...]:
    now = os.fstat(stream.fileno())
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns


class _Run:
    """The work of one run: what each file's process needs to know is found by its number."""

    def __init__(self, folder: Folder, order: Order) -> None:
        self.sources: list[Path] = []
        self.failures: list[tuple[Path, str]] = []
        self.evidence: list[Evidence] = []
        self._folder = folder
        self._pid = os.getpid()
        self._work = order.work()
        self._studies: list[str] = []
        self._known: dict[str, Known] = {}
        self._headers = _Headers()
        self._needs_codec = False
        self._prepared_in = 0

    def gather(self, progress: Progress, *, alone: bool) -> None:
        """Read all files for what identifies, study by study.

        Parameters
        ----------
        alone
            Whether this process will clean them itself: a codec is started in the meantime.
        """
        studies: dict[str, _Study] = defaultdict(_Study)
        for path in self._folder.files:
            try:
                with path.open("rb") as stream:
                    header = read_header(stream)
                    self._headers.keep(len(self.sources), header, stream)
                study = header.data_set.text(_STUDY)
                studies[study].add(gather(header, self._work.plan))
            except (ImagingError, OSError) as error:
                self.fail(path, _reason(error), progress)
                continue
            self._needs_codec = self._needs_codec or needs_codec(header, self._work)
            if alone:
                self._prepare()
            self.sources.append(path)
            self._studies.append(study)
        self._known = {study: gathered.known() for study, gathered in studies.items()}

    def _prepare(self) -> None:
        """Let a codec start while this process is at something else."""
        if self._needs_codec and self._prepared_in != os.getpid():
            self._prepared_in = os.getpid()
            prepare_for("decode")

    def clean(self, number: int) -> _Made | _Failure:
        """Finish one file, in whatever process; it is `keep` that gives it a name."""
        try:
            return self._cleaned(number)
        except (ImagingError, OSError) as error:
            return _Failure(_reason(error))
        except Exception as error:
            # A bug of ours; the text of the error may repeat a value.
            return _Failure(f"an error of ours ({type(error).__name__})")

    def _cleaned(self, number: int) -> _Made:
        self._prepare()
        source, known, part = (
            self.sources[number],
            self._known[self._studies[number]],
            self.part(number),
        )
        with source.open("rb") as stream, part.open("xb") as out:
            header = self._headers.of(number, stream)
            made = clean(stream, self._work, known, out.write, header=header)
        if made.evidence is None:
            raise NotClean(f"needs review by a person: {'; '.join(made.review)}")
        with part.open("rb") as finished:
            check_finished(finished, known)
        relative = source.relative_to(self._folder.source).as_posix()
        return _Made(made.evidence, name_of(relative, known, made.evidence))

    def keep(self, number: int, made: _Made | _Failure | Lost, progress: Progress) -> None:
        """Note what came of a file; what is finished gets its name."""
        path = self.sources[number]
        if isinstance(made, _Made):
            try:
                place(self.part(number), self._folder.target / made.name)
            except (ImagingError, OSError) as error:
                made = _Failure(_reason(error))
        if not isinstance(made, _Made):
            self.part(number).unlink(missing_ok=True)
            self.fail(path, made.reason if isinstance(made, _Failure) else _LOST, progress)
            return
        self.evidence.append(made.evidence)
        if made.evidence.look_at:
            name = self._folder.told(path, progress.is_read)
            progress.remark(name, f"look at it: {'; '.join(made.evidence.look_at)}")
        progress.step(path.stat().st_size)

    def fail(self, path: Path, reason: str, progress: Progress) -> None:
        """Note why a file is not written."""
        self.failures.append((path, reason))
        progress.fail(self._folder.told(path, progress.is_read), reason)

    def part(self, number: int) -> Path:
        """Where a file is while it has no name."""
        return self._folder.target / f".{self._pid}-{number}.part"

    def tidy(self) -> None:
        """Remove what processes left that were ended at work."""
        for part in self._folder.target.glob(f".{self._pid}-*.part"):
            part.unlink(missing_ok=True)


def deidentify_folder(folder: Folder, order: Order, jobs: int, progress: Progress) -> int:
    """Write a de-identified file for each that can be, and the report; return how many failed."""
    folder.target.mkdir(parents=True, exist_ok=True)
    run = _Run(folder, order)
    run.gather(progress, alone=jobs == 1)
    try:
        with closing(in_order(run.clean, len(run.sources), jobs)) as results:
            for number, made in enumerate(results):
                run.keep(number, made, progress)
    finally:
        run.tidy()
    _write_report(folder, order, run.evidence, run.failures)
    return len(run.failures)


def _files(source: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(source):
        folders.sort()
        yield from (path for name in sorted(names) if (path := Path(directory, name)).is_file())


def _reason(error: ImagingError | OSError) -> str:
    if isinstance(error, OSError):
        return os.strerror(error.errno) if error.errno else "cannot be read or written"
    return str(error)


def _write_report(
    folder: Folder, order: Order, evidence: list[Evidence], failures: list[tuple[Path, str]]
) -> None:
    """Write the receipts of all studies. Names of files may identify, so failed ones are numbers.

    The number is that of the file in the sorted list of all that were read; their names were told
    to whoever ran it.
    """
    by_study: dict[str, list[Evidence]] = defaultdict(list)
    for one in evidence:
        by_study[one.study_instance_uid].append(one)
    said: dict[str, Any] = {
        "files": {
            "read": len(folder.files),
            "written": len(evidence),
            "failed": len(failures),
            "to_be_looked_at": sum(bool(one.look_at) for one in evidence),
        },
        "failures": [
            {"file": folder.number_of(path), "reason": reason} for path, reason in sorted(failures)
        ],
        "studies": [
            receipt_of(order.profile, order.secret.id, order.collection, members)
            for _, members in sorted(by_study.items())
        ],
    }
    part = folder.report.with_name(folder.report.name + ".part")
    part.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    part.replace(folder.report)
