"""What is asked of an archive at each of its sizes: new studies, searches, metadata, frames.

May live here: the questions, and how often each is asked. What one asks of gives as long an answer
in a small archive as in a large one, else its time would tell of the answer and not of the search.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from benchmarks.growth_site import DICOM_JSON, Cost, Site
from benchmarks.templates import Slice, Template

FRAME: Final = {"Accept": 'multipart/related; type="application/octet-stream"'}
GZIP = {**DICOM_JSON, "Accept-Encoding": "gzip"}
BOUNDARY = "bench"
STORE = {
    **DICOM_JSON,
    "Content-Type": f'multipart/related; type="application/dicom"; boundary={BOUNDARY}',
}
SLICES = 20
_SIDE = 512

# Name of the question → its path; `{n}` is the number of a study that is there at any size.
QIDO: Mapping[str, str] = {
    "patient ID": "/studies?PatientID=P{n:07}",
    "accession number": "/studies?AccessionNumber=A{n:08}",
    "study UID": "/studies?StudyInstanceUID=1.5.{n}",
    "date range": "/studies?StudyDate=2018{month:02}01-2019{month:02}28&limit=25",
    "name, wildcard": "/studies?PatientName=smith*&limit=25",
    "name, infix": "/studies?PatientName=*anna*&limit=25",
    "name, fuzzy": "/studies?PatientName=smyth+anna&fuzzymatching=true&limit=25",
    "study description, infix": "/studies?StudyDescription=*dy+33*&limit=25",
    "modality, one in a hundred": "/studies?ModalitiesInStudy=SEG&limit=25",
    "page at offset 1,000": "/studies?limit=25&offset=1000",
    "page of 100": "/studies?limit=100",
    "series of a study": "/studies/1.5.{n}/series",
    "instances of a series": "/studies/1.5.{n}/series/1.5.{n}.1/instances",
}


@dataclass(frozen=True)
class Made:
    """A study of slices, as it is sent."""

    instances: list[Slice]

    @property
    def study(self) -> str:
        """Its UID."""
        return self.instances[0].study

    @property
    def path(self) -> str:
        """Of the series."""
        return self.instances[0].path.partition("/instances/")[0]

    @property
    def body(self) -> bytes:
        """One STOW-RS request with all of them."""
        part = f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        parts = b"".join(part + one.data + b"\r\n" for one in self.instances)
        return parts + f"--{BOUNDARY}--\r\n".encode()


def measure(site: Site, repeat: int, note: Callable[[str], None]) -> dict[str, Cost]:
    """Ask everything so many times; what was stored for it is erased again."""
    found: dict[str, Cost] = {}
    for name, cost in _measured(site, repeat):
        found[name] = cost
        note(f"{name}: {cost.processor:.2f} ms on the processor, {cost.wall:.2f} on the wall")
    return found


def _measured(site: Site, repeat: int) -> Iterator[tuple[str, Cost]]:
    studies: list[Made] = []
    for name, side in (("STOW, 527 kB", _SIDE), ("STOW, 1 kB", 4)):
        times, template = [], Template(side)
        for _ in range(max(4, repeat // 4)):
            made = Made(template.series(SLICES))
            times.append(site.ask("POST", "/studies", STORE, made.body)[1:])
            studies.append(made)
        yield f"{name}, an instance of {SLICES}", Cost.of(times, SLICES)
    for made in studies[:2]:
        site.finish(made.study)
    ct = studies[0]
    paths = [f"{one.path}/frames/1" for one in ct.instances]
    if ct.instances[0].data[-_SIDE * _SIDE * 2 :] not in site.ask("GET", paths[0], FRAME)[0]:
        raise SystemExit("a frame is not the one that was sent")
    yield "frame of 524 kB", _asked(site, repeat, lambda n: paths[n % SLICES], FRAME)
    yield (
        f"metadata of a series of {SLICES}",
        _asked(site, repeat, lambda _: f"{ct.path}/metadata", GZIP),
    )
    for name, path in QIDO.items():
        yield name, _asked(site, repeat, partial(_filled, path), DICOM_JSON)
    gone = [site.ask("DELETE", f"/studies/{made.study}")[1:] for made in studies]
    yield f"erasing a study of {SLICES}", Cost.of(gone)


def _asked(site: Site, repeat: int, path: Callable[[int], str], headers: Mapping[str, str]) -> Cost:
    site.ask("GET", path(0), headers)
    return Cost.of(site.ask("GET", path(n), headers)[1:] for n in range(1, repeat + 1))


def _filled(path: str, number: int) -> str:
    """Another study, and other months, each time."""
    chance = random.Random(number)
    return path.format(n=chance.randrange(1_000), month=chance.randrange(1, 12))
