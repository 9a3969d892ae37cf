"""Studies of tiny instances, a hundred thousand in seconds: a template with words replaced.

May live here: what searches are asked about, and the truth that their answers are held to.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from benchmarks.suite.data.files import part10, slice_of
from benchmarks.suite.data.pictures import SEED
from benchmarks.suite.data.uids import uid

SERIES, INSTANCES = 5, 10
PREFIX = "IDX"
_FAMILY = (
    "SMITH JONES TAYLOR BROWN WILSON EVANS WALKER WHITE GREEN HALL WOOD CLARKE PATEL KHAN LEWIS "
    "JAMES MASON ROSE COX GARCIA MORGAN KING NGUYEN MULLER SCHMIDT ROSSI SILVA OKAFOR BERG LUND"
)
_GIVEN = (
    "ANNA BEN CARLA DAVID EVA FELIX GRACE HUGO IRIS JONAS KIM LEO MIA NOAH OLGA PAUL QUINN ROSA"
)
_PIXELS = (np.arange(64, dtype="<u2") * 9).reshape(8, 8)
# Placeholders of the length of what replaces them.
_NAME, _ID, _DATE, _ACCESSION = b"N" * 20, b"I" * 10, b"19111111", b"Q" * 8
_NUMBERS = {"study": 10_000_000, "series": 1, "instance": 10}


@dataclass(frozen=True)
class SmallStudy:
    """What searches may ask of one."""

    study: str
    name: str
    patient_id: str
    day: str

    @property
    def series(self) -> str:
        """Its third series."""
        return f"{self.study}.3"


def small_studies(count: int) -> list[SmallStudy]:
    """The searchable words of so many studies."""
    chance = random.Random(SEED)
    families, given = _FAMILY.split(), _GIVEN.split()
    first = date(2014, 1, 1)
    return [
        SmallStudy(
            uid(90, _NUMBERS["study"] + at),
            f"{chance.choice(families)}^{chance.choice(given)}",
            f"{PREFIX}{at:07d}",
            f"{first + timedelta(days=chance.randrange(3650)):%Y%m%d}",
        )
        for at in range(count)
    ]


def instances_of(studies: list[SmallStudy], place: int = 90) -> Iterator[bytes]:
    """Their instances, `SERIES` times `INSTANCES` a study, every second one MR."""
    templates = [_template(kind, place) for kind in ("CT", "MR")]
    for at, one in enumerate(studies):
        filled = (
            templates[at % 2]
            .replace(_NAME, one.name.ljust(len(_NAME)).encode())
            .replace(_ID, one.patient_id.encode())
            .replace(_DATE, one.day.encode())
            .replace(_ACCESSION, f"A{at:07d}".encode())
            .replace(_study_uid(place).encode(), one.study.encode())
        )
        for series in range(1, SERIES + 1):
            of_series = filled.replace(f"{one.study}.1".encode(), f"{one.study}.{series}".encode())
            for number in range(1, INSTANCES + 1):
                sop = f"{one.study}.{series}.{INSTANCES + number - 1}"
                yield of_series.replace(f"{one.study}.{series}.10".encode(), sop.encode()).replace(
                    b"IS\x02\x0088", b"IS\x02\x00%2d" % number
                )


def one_big_study(count: int, series: int = 4) -> tuple[str, Iterator[bytes]]:
    """A study of so many tiny instances, and its UID."""
    study = uid(91)

    def instances() -> Iterator[bytes]:
        for at in range(count):
            place = 1 + at * series // count
            ds = slice_of("CT", study, uid(91, place), uid(91, place, at + 10), at + 1, _PIXELS)
            yield part10(ds)

    return study, instances()


def unsearched(count: int) -> Iterator[bytes]:
    """So many instances that no search of the suite finds."""
    per_study = SERIES * INSTANCES
    studies = [
        SmallStudy(uid(92, _NUMBERS["study"] + at), "TINY^TINY", f"TINY{at:06d}", "20010101")
        for at in range(-(-count // per_study))
    ]
    yield from instances_of(studies, 92)


def _study_uid(place: int) -> str:
    return uid(place, 99_999_999)


def _template(kind: str, place: int) -> bytes:
    study = _study_uid(place)
    ds = slice_of(
        kind, study, f"{study}.1", f"{study}.1.10", 88, _PIXELS,
        PatientName=_NAME.decode(), PatientID=_ID.decode(), StudyDate=_DATE.decode(),
        AccessionNumber=_ACCESSION.decode(),
    )  # fmt: skip
    return part10(ds)
