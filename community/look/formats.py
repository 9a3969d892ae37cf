"""Numbers, sizes and times as people read them, in the language of the page. Jinja filters.

Times are UTC and say so: a study is discussed between time zones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal

from community.look import languages

_UNITS = ("B", "kB", "MB", "GB", "TB")


def _locale() -> Locale:
    tag = languages.current()
    return Locale.parse("en" if tag in languages.PSEUDO else tag, sep="-")


def number(value: float) -> str:
    """``12,345`` as the language spells it."""
    return format_decimal(value, locale=_locale())


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
    passed = aware - (now or datetime.now(UTC))
    return format_timedelta(passed, add_direction=True, locale=_locale())


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
