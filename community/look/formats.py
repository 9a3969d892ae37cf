"""Numbers, sizes and times as people read them, in the language of the page. Jinja filters.

Times are UTC and say so: a study is discussed between time zones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal

from community.look import languages

_UNITS = ("B", "kB", "MB", "GB", "TB")
_HOUR_S, _DAY_S = 3600, 86_400


def _locale() -> Locale:
    return _locale_of(languages.current())


@lru_cache(maxsize=100)
def _locale_of(tag: str) -> Locale:
    return Locale.parse("en" if tag in languages.PSEUDO else tag, sep="-")


def number(value: float) -> str:
    """``12,345`` as the language spells it."""
    return _number(value, languages.current())


@lru_cache(maxsize=10_000)
def _number(value: float, tag: str) -> str:
    return format_decimal(value, locale=_locale_of(tag))


def size(count: int) -> str:
    """A number of bytes, rounded: ``3.4 MB``."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    shown = format_decimal(round(value, 1 if unit and value < 100 else 0), locale=_locale())
    return f"{shown} {_UNITS[unit]}"


def moment(when: datetime) -> str:
    """Day and minute: ``2026-11-23 07:26 UTC``."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def day(when: datetime) -> str:
    """A day in words: ``23 Nov 2026``."""
    return format_date(when, "medium", locale=_locale())


def ago(when: datetime, now: datetime | None = None) -> str:
    """How long it is since: ``3 days ago``."""
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    passed_s = math.floor((aware - (now or datetime.now(UTC))).total_seconds())
    return _ago(_coarse(passed_s), languages.current())


def _coarse(passed_s: int) -> int:
    """A time as fine as its words need it, so that many times have the same words at once."""
    step = 1 if abs(passed_s) < _HOUR_S else 60 if abs(passed_s) < _DAY_S else _HOUR_S
    return passed_s // step * step


@lru_cache(maxsize=10_000)
def _ago(passed_s: int, tag: str) -> str:
    passed = timedelta(seconds=passed_s)
    return format_timedelta(passed, add_direction=True, locale=_locale_of(tag))


def initials(name: str) -> str:
    """Up to two letters that stand for somebody without a picture."""
    words = [word for word in name.replace("_", " ").replace("-", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def hue(name: str) -> int:
    """One of eight colours, always the same for the same name."""
    return sum(ord(letter) * place for place, letter in enumerate(name, 1)) % 8 + 1


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "ago": ago, "day": day, "hue": hue, "initials": initials,
    "moment": moment, "number": number, "size": size,
}  # fmt: skip
