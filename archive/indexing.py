"""From a data set to the columns of its study, series and instance.

The one place where values of a file become values of the index: normalised, bounded and harmless
(`archive.values`), following the table (`archive.attributes`). Strict on what is indexed, lenient
on the rest: a date that is none leaves its column empty and the instance is stored all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archive.attributes import Attribute, Level, Path, columns_of, keys_of
from archive.folding import fuzzy_text
from archive.values import INTEGERS, MAX_COLUMN_BYTES, encode, normalise_all
from imaging.data_set import DataSet

MAX_VALUES = 64
"""Values of one attribute that are indexed."""

MAX_ITEMS = 64
"""Items of a sequence that are indexed."""

_BINARY_INTEGERS = INTEGERS - {"IS"}


@dataclass(frozen=True, slots=True)
class IndexValues:
    """Column values by table, every one of `attributes.search_columns` present.

    Parameters
    ----------
    study, series, instance
        Column name to content. Text only; empty means that the file says nothing.
    """

    study: dict[str, str]
    series: dict[str, str]
    instance: dict[str, str]


def index_values(data_set: DataSet) -> IndexValues:
    """Column values of a data set, safe to store whatever the file says.

    Parameters
    ----------
    data_set
        The header of an instance.

    Returns
    -------
    IndexValues
        Without the UIDs: ingest checks and writes those itself.
    """
    return IndexValues(
        study=index_row(data_set, Level.STUDY),
        series=index_row(data_set, Level.SERIES),
        instance=index_row(data_set, Level.INSTANCE),
    )


def index_row(data_set: DataSet, level: Level) -> dict[str, str]:
    """Column values of one level: a part of `index_values`."""
    row: dict[str, str] = {}
    for attribute in columns_of(level):
        if attribute.own:
            continue
        values = normalise_all(attribute.vr, _texts(data_set, attribute, attribute.path))
        assert attribute.column is not None  # columns_of promises it
        row[attribute.column] = encode(values if attribute.many else values[:1])
        if attribute.fuzzy_column:
            row[attribute.fuzzy_column] = fuzzy_column_text(values)
    return row


def _texts(data_set: DataSet, attribute: Attribute, path: Path) -> list[str]:
    if len(path) > 1:
        items = data_set.sequence(path[0])[:MAX_ITEMS]
        return [text for item in items for text in _texts(item, attribute, path[1:])]
    if attribute.vr in _BINARY_INTEGERS:
        value = data_set.integer(path[0])
        return [] if value is None else [str(value)]
    return data_set.texts(path[0])[:MAX_VALUES]


def fuzzy_column_text(values: list[str]) -> str:
    """Tokens and codes of a person's names within the bound of a column."""
    text = fuzzy_text(values)
    while len(text.encode()) > MAX_COLUMN_BYTES:
        values = values[: len(values) // 2] or [values[0][: len(values[0]) // 2]]
        text = fuzzy_text(values)
    return text


def split_document(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parts of an instance's DICOM JSON that describe its study and its series.

    Parameters
    ----------
    document
        DICOM JSON of an instance.

    Returns
    -------
    study, series
        DICOM JSON objects of the attributes that the table puts at these levels.
    """
    study = {key: document[key] for key in keys_of(Level.STUDY) if key in document}
    series = {key: document[key] for key in keys_of(Level.SERIES) if key in document}
    return study, series
