"""Dates moved by a number of days that is the patient's own: intervals stay, the calendar goes.

Only whole days are moved, so times of day stay as they are, and so do the intervals between any
two moments of one patient in one collection.

References
----------
PS3.15 section E.3.6 (Retain Longitudinal Temporal Information Options), PS3.5 section 6.2
(DA, TM, DT).
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from imaging.deidentify.secrets import Secret

EARLIEST_DAYS, LATEST_DAYS = 365, 3652
"""A date is moved back by at least a year and at most ten."""

_DATE = re.compile(r"(\d{4})(\d{2})?(\d{2})?(.*)", re.ASCII | re.DOTALL)
_OLD_DATE = re.compile(r"(\d{4})\.(\d{2})\.(\d{2})", re.ASCII)
_REST_OF_DATE_TIME = re.compile(r"(\d{2}){0,3}(\.\d{1,6})?([+-]\d{4})?", re.ASCII)
_MAX_LENGTH = 64


def days_of(secret: Secret, collection: str, patient: str) -> int:
    """By how many days the dates of a patient are moved; always below zero.

    Parameters
    ----------
    patient
        From `pseudonyms.patient_key`, or the study's UID for a patient who is nobody.
    """
    span = LATEST_DAYS - EARLIEST_DAYS + 1
    return -(EARLIEST_DAYS + secret.number("days", collection, patient) % span)


def shift(vr: str, value: str, days: int) -> str | None:
    """Move one value of a DA or DT, or a range of a query that was stored as a value.

    Returns
    -------
    str or None
        None for what cannot be read as a date of the calendar: nobody knows what it says.
    """
    text = value.strip(" \0")
    if not text:
        return ""
    if len(text) > _MAX_LENGTH:
        return None
    if old := _OLD_DATE.fullmatch(text):
        return _moved(old[1], old[2], old[3], days)
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, rest = found.groups()
    whole = day is not None
    if vr == "DA" and (rest or not whole):
        return None
    if not _REST_OF_DATE_TIME.fullmatch(rest) or (rest[:1].isdigit() and not whole):
        return None
    moved = _moved(year, month or "01", day or "01", days)
    if moved is None:
        return None
    # As precise as it was: a year alone stays a year alone.
    return moved[: 4 + 2 * (month is not None) + 2 * whole] + rest


def _moved(year: str, month: str, day: str, days: int) -> str | None:
    try:
        return (date(int(year), int(month), int(day)) + timedelta(days=days)).strftime("%Y%m%d")
    except (ValueError, OverflowError):
        return None
