"""A person as a page shows them: with the address of their picture."""

from __future__ import annotations

from dataclasses import dataclass, fields

from flask import url_for

from community.accounts.people import Person


@dataclass(frozen=True, slots=True)
class Shown(Person):
    """A person, and where their picture is."""

    avatar_url: str | None = None


def shown(person: Person) -> Shown:
    """Return what templates take."""
    known = {field.name: getattr(person, field.name) for field in fields(Person)}
    key = person.avatar_key
    return Shown(**known, avatar_url=url_for("avatars.avatar", key=key) if key else None)
