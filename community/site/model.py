"""What an operator says of their site: plain values, and those that stand in until they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

PLACEHOLDER: Final = "[to be filled in by the operator]"
"""Stands wherever a law wants a word of the operator's, and shows that there is none yet."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who answers for the site.

    Attributes
    ----------
    address
        Lines of a postal address.
    jurisdiction
        Whose law the terms are under.
    authority, authority_url
        Who supervises them in matters of data protection, and where complaints are taken.
    representative, officer
        In the European Union, and for data protection, where a law asks for them.
    """

    name: str = PLACEHOLDER
    address: tuple[str, ...] = (PLACEHOLDER,)
    email: str = ""
    phone: str = ""
    jurisdiction: str = PLACEHOLDER
    authority: str = ""
    authority_url: str = ""
    representative: str = ""
    officer: str = ""


@dataclass(frozen=True, slots=True)
class Processor:
    """Somebody who handles data for the operator, under a contract.

    Attributes
    ----------
    safeguard
        What protects data that leave the country, such as standard contractual clauses.
    """

    name: str
    purpose: str
    place: str
    data: str = ""
    safeguard: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """All of it.

    Attributes
    ----------
    updated
        When the operator last changed the file; policies are not older than this.
    days
        How long things are kept, where it is not as `community.retention.table` says.
    """

    operator: Operator = field(default_factory=Operator)
    hosting: tuple[Processor, ...] = ()
    updated: date | None = None
    days: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_named(self) -> bool:
        """Whether its operator said who they are."""
        said = (self.operator.name, self.operator.jurisdiction, *self.operator.address)
        return PLACEHOLDER not in said and bool(self.operator.email)
