"""Time zones: the question's, an instance's, and the server's for instances that name none.

Pure. A date and a time of an instance are what the clock on the wall showed where it was made
(Timezone Offset From UTC says where). To hold them against a question that names a zone, the
question is moved to that wall rather than the instance: its ends are moments, while values of
strangers may be days that no calendar has.

References
----------
PS3.3 Section C.12.1.1.8 (Timezone Offset From UTC), PS3.4 Section C.2.2.2.1.3
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from archive import temporal

_WITHOUT_A_DAY = "20000101"
"""The day of a time whose day is not known, for zones that change in the course of a year."""

_FARTHEST = ("-1200", "+1400", "")
"""What instances can state to be farthest to the west and the east; '' is where the server is."""

Span = tuple[str | None, str | None]
"""Two ends that belong to it, as `archive.temporal` spells them; None is open."""


def zone_named(name: str) -> tzinfo:
    """The zone of a setting: ``+HHMM``, or a name of the IANA time zone database.

    Raises
    ------
    ValueError
        There is no such zone, or the database is not installed.
    """
    if temporal.is_offset(name):
        return timezone(timedelta(minutes=temporal.minutes_of(name)))
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, LookupError, ValueError) as exc:
        raise ValueError("no such time zone") from exc


@dataclass(frozen=True, slots=True)
class Zones:
    """The zones that one question meets.

    Parameters
    ----------
    asked
        Minutes that the question's zone lies east of UTC.
    local
        The zone of instances that name none.
    """

    asked: int
    local: tzinfo = UTC

    def moved(self, span: Span, own: str) -> Span:
        """A span of the question as clocks show it in the zone of an instance.

        Parameters
        ----------
        span
            Ends as YYYYMMDDHHMMSS.FFFFFF.
        own
            What the instance says of its offset; anything that is none counts as nothing.
        """
        low, high = span
        return low and self._moved(low, own, False), high and self._moved(high, own, True)

    def _moved(self, stamp: str, own: str, latest: bool) -> str:
        real = temporal.real_day(stamp, latest)
        if temporal.is_offset(own):
            return temporal.shifted(real, temporal.minutes_of(own) - self.asked)
        in_utc = temporal.shifted(real, -self.asked)
        return temporal.shifted(in_utc, _minutes(self.local, in_utc, UTC))

    def each_moved(self, stamp: str, latest: bool) -> dict[str, str]:
        """An end of a span in each zone that an instance can name; '' stands for naming none."""
        real = temporal.real_day(stamp, latest)
        minutes = [east - self.asked for east in temporal.OFFSETS.values()]
        found = dict(zip(temporal.OFFSETS, temporal.each_shifted(real, minutes), strict=True))
        return {**found, "": self._moved(stamp, "", latest)}

    def outer(self, span: Span) -> Span:
        """The days outside of which nothing lies in the span, whatever its zone."""
        lows, highs = zip(*(self.moved(span, own) for own in _FARTHEST), strict=True)
        low, high = span
        return low and min(lows)[:8], high and max(highs)[:8]

    def clock(self, day: str, time: str, own: str) -> str:
        """A time of day of an instance as a clock shows it in the question's zone."""
        stamp = (day or _WITHOUT_A_DAY) + time
        return temporal.turned(time, self.asked - self._east(stamp, own))

    def in_utc(self, text: str, own: str, latest: bool) -> str:
        """A DT of an instance as a moment in UTC; empty when it is no DT."""
        east = self._east(temporal.date_time(text, latest), own)
        return temporal.date_time(text, latest, offset=temporal.offset_of(east))

    def _east(self, stamp: str, own: str) -> int:
        if temporal.is_offset(own):
            return temporal.minutes_of(own)
        return _minutes(self.local, stamp, self.local)


def _minutes(zone: tzinfo, stamp: str, clock: tzinfo) -> int:
    """Minutes that a zone lies east of UTC when a clock shows a time."""
    for each in (stamp, _WITHOUT_A_DAY + "0000"):
        try:
            moment = datetime.strptime(each[:12], "%Y%m%d%H%M").replace(tzinfo=clock)
            offset = moment.astimezone(zone).utcoffset()
        except (ValueError, OverflowError):
            continue
        return 0 if offset is None else offset // timedelta(minutes=1)
    return 0
