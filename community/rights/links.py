"""How a row leads to a person, as a condition on its table. Pure: values in, SQL out.

A row names its person, in whatever spelling, or it belongs to another row that does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, false, or_, select, true, tuple_

from community.rights.schema import every_table


@dataclass(frozen=True, slots=True)
class By:
    """The column names the person.

    Parameters
    ----------
    spelled
        How, such as ``person:{}``.
    only
        Another column and what stands in it, in rows that are meant.
    inside
        The name stands among others.
    """

    column: str
    spelled: str = "{}"
    only: tuple[str, str] | None = None
    inside: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """By what the row leads there."""
        return (self.column,)

    def finds(self, table: Table, person: str) -> ColumnElement[bool]:
        """Rows that name this person."""
        name, column = self.spelled.format(person), table.c[self.column]
        found = column.contains(name, autoescape=True) if self.inside else column == name
        return and_(found, true() if self.only is None else table.c[self.only[0]] == self.only[1])


@dataclass(frozen=True, slots=True)
class Through:
    """The row belongs to another one, which leads to the person by the rule of its table.

    Parameters
    ----------
    keys
        The columns of the other table that these refer to.
    """

    column: str | tuple[str, ...]
    table: str
    keys: tuple[str, ...] = ("id",)

    @property
    def columns(self) -> tuple[str, ...]:
        """By what the row leads there."""
        return (self.column,) if isinstance(self.column, str) else self.column


Link = By | Through
LinksOf = Callable[[str], tuple[Link, ...]]
"""Gives the links of a table, by its name."""


def leads_to(
    table: Table, links: tuple[Link, ...], person: str, links_of: LinksOf
) -> ColumnElement[bool]:
    """Rows of a table that lead to a person."""
    return or_(false(), *(_one(table, link, person, links_of) for link in links))


def _one(table: Table, link: Link, person: str, links_of: LinksOf) -> ColumnElement[bool]:
    if isinstance(link, By):
        return link.finds(table, person)
    # Under another name, as a table may refer to itself.
    other = every_table()[link.table].alias(f"{link.table}_above")
    inside = leads_to(other, links_of(link.table), person, links_of)  # type: ignore[arg-type] # a table, said generally
    keys = select(*(other.c[key] for key in link.keys)).where(inside)
    here = [table.c[one] for one in link.columns]
    return here[0].in_(keys) if len(here) == 1 else tuple_(*here).in_(keys)
