"""Every table there is, by its name: the community's and the archive's. Reads the models only."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Final

from sqlalchemy import Column, Table
from sqlalchemy.sql.schema import MetaData

import community
from archive.models import metadata as archives
from community.models import metadata as peoples
from community.models import person

_MODELS: Final = "models"


@cache
def every_table() -> Mapping[str, Table]:
    """All tables, whichever part of the community brings them."""
    for found in pkgutil.iter_modules(community.__path__, "community."):
        if found.name.endswith(_MODELS):
            import_module(found.name)
    tables: dict[str, Table] = {}
    for metadata in (archives, peoples):
        tables |= _sorted(metadata)
    return MappingProxyType(tables)


def people_in(table: Table) -> list[Column[object]]:
    """The columns that refer to a person."""
    return [one for one in table.c if any(key.column is person.c.id for key in one.foreign_keys)]


def _sorted(metadata: MetaData) -> dict[str, Table]:
    """Those that others refer to come before those."""
    return {table.name: table for table in metadata.sorted_tables}
