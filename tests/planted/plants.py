"""A planted identifier, and who plants them: texts that stand nowhere else, so a hit is a leak."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from pydicom.datadict import tag_for_keyword

from imaging.deidentify.profile import rule_of
from tests.planted.people import PLAIN, Name, Script, make_name

ROOT = "1.2.826.0.1.3680043.10.31415"
"""Of every UID of the corpus: nothing below it may be found afterwards."""

_FIRST_DAY = date(1987, 1, 1)
_DAYS = 365


@dataclass(frozen=True)
class Plant:
    """An identifier, and where it was put.

    Attributes
    ----------
    kind
        The kind of hiding place.
    file, place
        Name of the file in the corpus, and where in it.
    texts
        None of them may be found anywhere.
    data
        The same as bytes, for what is no text.
    kept_by
        Options that keep it as it is, legitimately.
    cleaned_by
        Options under which the element stays as prose, and nothing else tells that this word of
        nobody known is a name: counted then, but no leak.
    """

    kind: str
    file: str
    place: str
    texts: tuple[str, ...] = ()
    data: bytes = b""
    kept_by: frozenset[str] = frozenset()
    cleaned_by: frozenset[str] = frozenset()

    def must_vanish(self, options: Iterable[str]) -> bool:
        """Whether it is a leak when it is found under these options."""
        return not (self.kept_by | self.cleaned_by) & set(options)


@dataclass
class Planter:
    """Makes the texts of one file, the same ones in every run, and remembers them."""

    file: str
    number: int
    script: Script
    days: Days
    plants: list[Plant] = field(default_factory=list)
    _uids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.file}")

    # ---- remembering

    def remember(self, kind: str, place: str, *texts: str, data: bytes = b"", by: str = "") -> None:
        """Note a plant; `by` is the keyword of the attribute whose options may keep it."""
        kept, cleaned = _options_of(by)
        self.plants.append(Plant(kind, self.file, place, texts, data, kept, cleaned))

    # ---- making texts

    def name(self, kind: str, place: str, script: Script | None = None, by: str = "") -> Name:
        made = make_name(script or self.script, self.random)
        self.remember(kind, place, *made.parts, by=by)
        return made

    def latin(self, kind: str, place: str, by: str = "") -> str:
        """One word of letters."""
        word = make_name(PLAIN, self.random).groups[0][0]
        self.remember(kind, place, word, by=by)
        return word

    def identifier(self, kind: str, place: str, prefix: str = "Q", by: str = "") -> str:
        text = f"{prefix}{self.random.randrange(10**8, 10**9)}"
        self.remember(kind, place, text, by=by)
        return text

    def phone(self, kind: str, place: str) -> str:
        number = f"{self.random.randrange(10**6, 10**7)}"
        text = f"+49 (0)30 {number[:3]}-{number[3:]}"
        self.remember(kind, place, text, f"{number[:3]}-{number[3:]}")
        return text

    def mail(self, kind: str, place: str) -> str:
        word = make_name(PLAIN, self.random).groups[0][0].lower()
        self.remember(kind, place, f"{word}@")
        return f"{word}@mail.example"

    def date(self, kind: str, place: str, by: str = "") -> date:
        """A day of 1987 that no other plant has, in the usual spellings."""
        day = self.days.take()
        self.remember(kind, place, *spellings(day), by=by)
        return day

    def uid(self, place: str, known_as: str = "") -> str:
        """A UID; the same one again for what is known by the same name."""
        known = known_as or f"{self.file}/{place}"
        if known not in self._uids:
            self._uids[known] = f"{ROOT}.{self.number}.{len(self._uids) + 1}.{_hash(known)}"
        made = self._uids[known]
        keeps = _options_of(place.removesuffix(" nested"))[0] | {"retain_uids"}
        self.plants.append(Plant("UID", self.file, place, (made,), kept_by=keeps))
        return made

    def share_uids(self, other: Planter) -> None:
        """Know the same UIDs as another file of the same study."""
        self._uids = other._uids


@dataclass
class Days:
    """Days of one year, each given once: however they are shifted, they leave the year."""

    taken: int = 0

    def take(self) -> date:
        assert self.taken < _DAYS, "the corpus has more dates than the year has days"
        self.taken += 1
        # 211 has no divisor in common with 365, so that neighbours are far apart.
        return _FIRST_DAY + timedelta(days=self.taken * 211 % _DAYS)


def spellings(day: date) -> tuple[str, ...]:
    """How a date is looked for."""
    return (
        f"{day:%Y%m%d}", f"{day:%Y-%m-%d}", f"{day:%Y.%m.%d}", f"{day:%d.%m.%Y}",
        f"{day:%d/%m/%Y}", f"{day.day} {day:%b %Y}", f"{day:%B} {day.day}, {day.year}",
        f"{day.year}年{day.month}月{day.day}日",
    )  # fmt: skip


def _options_of(keyword: str) -> tuple[frozenset[str], frozenset[str]]:
    tag = tag_for_keyword(keyword) if keyword else None
    rule = rule_of(tag) if tag is not None else None
    if rule is None:
        return frozenset(), frozenset()
    kept = {str(option) for option, action in rule.options.items() if action == "K"}
    # Times of day stay when dates are moved by whole days.
    prose = rule.vr in {"LO", "SH", "LT", "ST", "UT", "UC", "TM", ""}
    cleaned = {str(option) for option, action in rule.options.items() if action == "C" and prose}
    return frozenset(kept), frozenset(cleaned)


def _hash(text: str) -> int:
    return Random(text).randrange(10**6, 10**7)
