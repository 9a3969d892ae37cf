"""Conditions on dates and times in the zone that a question names.

Pure. Like those of `archive.conditions`, but what they are held against needs more than the
values of one attribute: the time of a date, the date of a time, and the instance's own offset.

References
----------
PS3.18 Section 8.3.4.1.1 (Matching Rules), PS3.4 Sections C.2.2.2.1.3 and C.2.2.2.5
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from archive import temporal
from archive.attributes import CALENDAR_DAYS, Path
from archive.zones import Span, Zones

Texts = Callable[[Path], Sequence[str]]
"""The values of an attribute as they were written."""

AFTER_ALL_TIMES = "~"


@dataclass(frozen=True, slots=True)
class ZonedDate:
    """A date, with its time one moment; without a time it is all of its day.

    Parameters
    ----------
    path, time_path
        The date and the time that belongs to it.
    spans
        What is asked for, in the question's zone: YYYYMMDDHHMMSS.FFFFFF.
    timed
        A time was asked for too.
    """

    path: Path
    time_path: Path
    spans: tuple[Span, ...]
    zones: Zones
    timed: bool = False

    def holds(self, texts: Texts, own: str) -> bool:
        """Whether the date and its time lie in one of the spans."""
        days = [day for text in texts(self.path) if (day := temporal.date(text))]
        times = [time for text in texts(self.time_path) if (time := temporal.time(text))]
        if self.path in CALENDAR_DAYS and not times:
            return not self.timed and any(
                _overlap(d, d, _days(s)) for d in days for s in self.spans
            )
        spans = [self.zones.moved(span, own) for span in self.spans]
        if len(days) == len(times) == 1:
            return any(_overlap(days[0] + times[0], days[0] + times[0], span) for span in spans)
        return any(_overlap(day, day + AFTER_ALL_TIMES, span) for day in days for span in spans)

    @property
    def outer(self) -> Span:
        """The days outside of which nothing matches."""
        lows, highs = zip(*map(self.zones.outer, self.spans), strict=True)
        return (
            None if None in lows else min(filter(None, lows)),
            None if None in highs else max(filter(None, highs)),
        )


@dataclass(frozen=True, slots=True)
class ZonedTime:
    """A time of day; its date says which offset a zone has that day.

    Parameters
    ----------
    spans
        What is asked for, in the question's zone: HHMMSS.FFFFFF.
    """

    path: Path
    date_path: Path | None
    spans: tuple[Span, ...]
    zones: Zones

    def holds(self, texts: Texts, own: str) -> bool:
        """Whether one of the times lies in one of the spans."""
        dates = map(temporal.date, texts(self.date_path)) if self.date_path else ()
        day = next(filter(None, dates), "")
        times = [time for text in texts(self.path) if (time := temporal.time(text))]
        clocks = [self.zones.clock(day, time, own) for time in times]
        return any(_overlap(clock, clock, span) for clock in clocks for span in self.spans)


@dataclass(frozen=True, slots=True)
class ZonedDateTime:
    """A DT; a value of less precision is all of its span.

    Parameters
    ----------
    spans
        What is asked for, in UTC: YYYYMMDDHHMMSS.FFFFFF.
    """

    path: Path
    spans: tuple[Span, ...]
    zones: Zones

    def holds(self, texts: Texts, own: str) -> bool:
        """Whether one of the moments lies in one of the spans."""
        ends = [
            (first, self.zones.in_utc(text, own, latest=True))
            for text in texts(self.path)
            if (first := self.zones.in_utc(text, own, latest=False))
        ]
        return any(_overlap(first, last, span) for first, last in ends for span in self.spans)


Zoned = ZonedDate | ZonedTime | ZonedDateTime


def _days(span: Span) -> Span:
    low, high = span
    return low and low[:8], high and high[:8]


def _overlap(first: str, last: str, span: Span) -> bool:
    low, high = span
    return (low is None or low <= last) and (high is None or first <= high)
