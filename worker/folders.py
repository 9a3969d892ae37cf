"""Files of a folder de-identified into another: every study gathered first, then file by file.

What becomes of one file is `imaging.deidentify.cleaning`; where it is written, under which name,
and what the report says of it, lives here. A file that fails, fails alone.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imaging.deidentify.cleaning import (
    Known,
    NotClean,
    Review,
    Work,
    check_finished,
    clean,
    gather,
)
from imaging.deidentify.engine import Plan
from imaging.deidentify.identity import fold
from imaging.deidentify.profile import Profile
from imaging.deidentify.receipt import Evidence, receipt_of
from imaging.deidentify.secrets import Secret
from imaging.errors import ImagingError
from imaging.part10 import read_header
from worker.folder_progress import Progress

_STUDY = 0x0020000D
_MAX_ALIKE = 1_000
_DATES = re.compile(r"(?<!\d)(19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?!\d)")


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
class _Job:
    """One file, with all that its process needs to know."""

    order: Order
    source: Path
    relative: str
    target: Path
    known: Known = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str


def deidentify_folder(folder: Folder, order: Order, jobs: int, progress: Progress) -> int:
    """Write a de-identified file for each that can be, and the report; return how many failed."""
    folder.target.mkdir(parents=True, exist_ok=True)
    failures: list[tuple[Path, str]] = []
    evidence: list[Evidence] = []
    studies: dict[str, Known] = {}
    study_of: dict[Path, str] = {}
    for path in folder.files:
        try:
            study, known = _gathered(path, order)
        except (ImagingError, OSError) as error:
            failures.append((path, _reason(error)))
            progress.fail(folder.told(path, progress.is_read), failures[-1][1])
            continue
        study_of[path] = study
        studies[study] = studies.get(study, Known()) | known
    work = [
        _Job(order, path, path.relative_to(folder.source).as_posix(), folder.target, studies[study])
        for path, study in study_of.items()
    ]
    for job, made in _done(work, jobs):
        if isinstance(made, _Failure):
            failures.append((job.source, made.reason))
            progress.fail(folder.told(job.source, progress.is_read), made.reason)
        else:
            evidence.append(made)
            if made.look_at:
                name = folder.told(job.source, progress.is_read)
                progress.remark(name, f"look at it: {'; '.join(made.look_at)}")
            progress.step(job.source.stat().st_size)
    _write_report(folder, order, evidence, failures)
    return len(failures)


def _files(source: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(source):
        folders.sort()
        yield from (path for name in sorted(names) if (path := Path(directory, name)).is_file())


def _gathered(path: Path, order: Order) -> tuple[str, Known]:
    with path.open("rb") as stream:
        header = read_header(stream)
    return header.data_set.text(_STUDY), gather(header, order.work().plan)


def _done(work: list[_Job], jobs: int) -> Iterator[tuple[_Job, Evidence | _Failure]]:
    if jobs == 1:
        yield from ((job, _one(job)) for job in work)
        return
    with ProcessPoolExecutor(jobs) as pool:
        # A study's identity travels with each file, so only a few wait at a time.
        waiting: list[tuple[_Job, Future[Evidence | _Failure]]] = []
        for job in work:
            waiting.append((job, pool.submit(_one, job)))
            if len(waiting) >= 4 * jobs:
                first, future = waiting.pop(0)
                yield first, _result(future)
        yield from ((job, _result(future)) for job, future in waiting)


def _result(future: Future[Evidence | _Failure]) -> Evidence | _Failure:
    try:
        return future.result()
    except Exception as error:  # the process died over this file, or over its neighbour
        return _Failure(f"its process was lost ({type(error).__name__})")


def _one(job: _Job) -> Evidence | _Failure:
    part = job.target / f".{os.getpid()}.part"
    try:
        return _written(job, part)
    except (ImagingError, OSError) as error:
        return _Failure(_reason(error))
    except Exception as error:
        # A bug of ours; the text of the error may repeat a value.
        return _Failure(f"an error of ours ({type(error).__name__})")
    finally:
        part.unlink(missing_ok=True)


def _written(job: _Job, part: Path) -> Evidence:
    with job.source.open("rb") as stream, part.open("xb") as out:
        made = clean(stream, job.order.work(), job.known, out.write)
    if made.evidence is None:
        raise NotClean(f"needs review by a person: {'; '.join(made.review)}")
    with part.open("rb") as finished:
        check_finished(finished, job.known)
    _place(part, job.target / _name(job, made.evidence))
    return made.evidence


def _place(part: Path, place: Path) -> None:
    """Give the file its name; two of one SOP Instance UID are told apart by a number."""
    place.parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, _MAX_ALIKE + 1):
        name = place if number == 1 else place.with_stem(f"{place.stem}-{number}")
        try:
            os.link(part, name)
        except FileExistsError:
            continue
        return
    raise NotClean("too many files of the input have this SOP Instance UID")


def _name(job: _Job, evidence: Evidence) -> Path:
    """The same relative path, unless it says who the patient is."""
    if not identifies(job.relative, job.known):
        return Path(job.relative)
    return Path(
        evidence.study_instance_uid,
        evidence.series_instance_uid,
        f"{evidence.sop_instance_uid}.dcm",
    )


def identifies(path: str, known: Known) -> bool:
    """Whether a path has something in it that the study has; dates are taken to be its own."""
    folded = fold(path)
    bare = re.sub(r"[\W_]", "", folded)
    return (
        any(text in folded or re.sub(r"[\W_]", "", text) in bare for text in _texts(known))
        or any(uid in path for uid in known.uids)
        or _DATES.search(path) is not None
    )


def _texts(known: Known) -> Iterable[str]:
    return (text for text in known.identity.texts() if re.sub(r"[\W_]", "", text))


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
