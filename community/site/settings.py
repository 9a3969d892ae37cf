"""The file that `DICOMTUBE_SITE_FILE` names, read once; what is wrong in it stops the start.

References
----------
TOML 1.0.0.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final

from archive.errors import SettingsError
from community.retention.table import RULES
from community.site.model import Operator, Processor, Site

SITE_FILE: Final = "DICOMTUBE_SITE_FILE"

max_file_bytes: Final = 256 * 1024
max_text_chars: Final = 1_000
max_rows: Final = 50
max_days: Final = 36_500


def site_from_environment(environ: Mapping[str, str] = os.environ) -> Site:
    """Read the file, or stand in for it where there is none.

    Raises
    ------
    SettingsError
        It cannot be read, or says what it may not.
    """
    path = environ.get(SITE_FILE)
    if not path:
        return Site()
    try:
        with Path(path).open("rb") as stream:
            body = stream.read(max_file_bytes + 1)
        if len(body) > max_file_bytes:
            raise SettingsError(f"{SITE_FILE} names a file of more than {max_file_bytes} bytes")
        return read_site(tomllib.loads(body.decode("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{SITE_FILE} names a file that cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{SITE_FILE} names a file that is no TOML: {error}") from error


def read_site(said: Mapping[str, Any]) -> Site:
    """Make a site of what a file says.

    Raises
    ------
    SettingsError
        A name is unknown, or a value cannot be.
    """
    _know(said, ("operator", "hosting", "updated", "retention"), "the file")
    updated = said.get("updated")
    if updated is not None and type(updated) is not date:
        raise SettingsError(f"{SITE_FILE}: 'updated' must be a day, such as 2026-11-23")
    return Site(_operator(said.get("operator", {})), _hosting(said), updated, _days(said))


def _operator(said: Any) -> Operator:
    table = dict(_table(said, "operator"))
    _know(table, [one.name for one in fields(Operator)], "[operator]")
    lines = table.pop("address", None)
    values: dict[str, Any] = {name: _text(value, name) for name, value in table.items()}
    if "email" in values:
        _require_address(values["email"])
    _require_https(values.get("authority_url", ""))
    if lines is not None:
        if not isinstance(lines, list) or not 0 < len(lines) <= max_rows:
            raise SettingsError(f"{SITE_FILE}: 'address' must be a list of lines")
        values["address"] = tuple(_text(line, "address") for line in lines)
    return Operator(**values)


def _hosting(said: Mapping[str, Any]) -> tuple[Processor, ...]:
    rows = said.get("hosting", [])
    if not isinstance(rows, list) or len(rows) > max_rows:
        raise SettingsError(f"{SITE_FILE}: [[hosting]] must be at most {max_rows} tables")
    return tuple(_processor(_table(row, "[[hosting]]")) for row in rows)


def _processor(row: Mapping[str, Any]) -> Processor:
    _know(row, [one.name for one in fields(Processor)], "[[hosting]]")
    values = {name: _text(value, name) for name, value in row.items()}
    missing = [name for name in ("name", "purpose", "place") if not values.get(name)]
    if missing:
        raise SettingsError(f"{SITE_FILE}: [[hosting]] needs {', '.join(missing)}")
    _require_https(values.get("url", ""))
    return Processor(**values)


def _days(said: Mapping[str, Any]) -> Mapping[str, int]:
    days = _table(said.get("retention", {}), "retention")
    _know(days, [rule.name for rule in RULES if rule.days], "[retention]")
    for name, value in days.items():
        if type(value) is not int or not 0 < value <= max_days:
            raise SettingsError(f"{SITE_FILE}: '{name}' must be a number of days above 0")
    return dict(days)


def _table(said: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(said, dict):
        raise SettingsError(f"{SITE_FILE}: {name} must be a table")
    return said


def _text(said: Any, name: str) -> str:
    if not isinstance(said, str) or not said.isprintable() or len(said) > max_text_chars:
        raise SettingsError(
            f"{SITE_FILE}: '{name}' must be one line of at most {max_text_chars} characters"
        )
    return said.strip()


def _know(said: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    """Refuse what nobody would read: a name that is mistyped must not be lost."""
    unknown = sorted(set(said) - set(names))
    if unknown:
        raise SettingsError(f"{SITE_FILE}: nothing in {where} is called '{unknown[0]}'")


def _require_address(email: str) -> None:
    if email and ("@" not in email or parseaddr(email)[1] != email):
        raise SettingsError(f"{SITE_FILE}: 'email' must be an address")


def _require_https(url: str) -> None:
    if url and not url.startswith("https://"):
        raise SettingsError(f"{SITE_FILE}: '{url}' must begin with https://")
