"""What one content item of a structured report says: a row for each value type.

References
----------
PS3.3 section C.17.3.2 (document content), C.18 (value types), C.17.3.2.5 (by-reference).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from imaging.documents.model import Block, Row
from imaging.documents.values import (
    Model,
    code,
    code_note,
    code_value,
    first_item,
    items,
    text,
    values,
)

CONTENT: Final = "0040A730"

Evidence = Callable[[str, str], str]
"""Where an instance, by its UID and frames, can be seen; nothing when that is not known."""

Say = Callable[[Model], str]

max_points: Final = 64
"""Of a graphic that is written out; of more it is said how many there are."""

_CONCEPT_NAME, _VALUE_TYPE, _RELATIONSHIP = "0040A043", "0040A040", "0040A010"
_BY_REFERENCE, _OBSERVED_AT, _OBSERVATION_UID = "0040DB73", "0040A032", "0040A171"
_MEASURED, _UNITS, _NUMERIC, _QUALIFIER = "0040A300", "004008EA", "0040A30A", "0040A301"
_REFERENCED, _SOP_CLASS, _SOP_INSTANCE = "00081199", "00081150", "00081155"
_FRAMES, _SEGMENTS, _CHANNELS = "00081160", "0062000B", "0040A0B0"
_PURPOSE, _GRAPHIC_TYPE, _GRAPHIC_DATA = "0040A170", "00700023", "00700022"
_FRAME_OF_REFERENCE, _TEMPORAL_RANGE = "30060024", "0040A130"
_SAMPLES, _OFFSETS, _TIMES = "0040A132", "0040A138", "0040A13A"
_TABLE_ROWS, _TABLE_COLUMNS = "0040A802", "0040A803"
_COLUMN_DEFINITIONS, _CELLS = "0040A807", "0040A808"
_CELL_ROW, _CELL_COLUMN = "0040A804", "0040A805"

# How a relationship reads in front of what it leads to; CONTAINS says nothing that the place of
# an item does not say.
_RELATIONSHIPS: Final = {
    "HAS OBS CONTEXT": "context",
    "HAS ACQ CONTEXT": "acquisition context",
    "HAS CONCEPT MOD": "modifier",
    "HAS PROPERTIES": "property",
    "INFERRED FROM": "inferred from",
    "SELECTED FROM": "selected from",
}
_CELL_VALUES: Final = (
    "0040A160", "0040A123", "0040A124", "0040A120", "0040A121", "0040A122", "0040A161", "0040A30A",
)  # fmt: skip


def NOWHERE(_sop_instance_uid: str, _frames: str) -> str:  # noqa: N802 - a constant that is called
    """Know of no place for any instance."""
    return ""


def block(item: Model, path: str, evidence: Evidence, within: tuple[Block, ...]) -> Block:
    """Say what a content item says.

    Parameters
    ----------
    path
        Its Content Item Identifier, as ``1.2.3``.
    within
        What its own content items say.
    """
    referenced = values(item, _BY_REFERENCE)
    if referenced:
        target = ".".join(str(number) for number in referenced)
        return Block(label=_relation(item), text=f"see {target}", href=f"#item-{target}")
    kind = text(item, _VALUE_TYPE)
    instance = first_item(item, _REFERENCED)
    return Block(
        label=_label(item),
        text=_VALUES.get(kind, _unknown)(item),
        notes=tuple(_notes(item)),
        rows=_table(item) if kind == "TABLE" else (),
        children=within,
        identifier=path,
        href=evidence(text(instance, _SOP_INSTANCE), text(instance, _FRAMES).replace(" ", "")),
    )


def in_language(made: Block, language: str) -> Block:
    """The block, said to be in a language."""
    return replace(made, language=language)


def language_tag(item: Model) -> str:
    """A language code, when it looks like one of RFC 5646."""
    said = code_value(item)
    plain = said.replace("-", "")
    return said if plain.isascii() and plain.isalnum() and len(said) <= 35 else ""


def _label(item: Model) -> str:
    name = code(first_item(item, _CONCEPT_NAME))
    relation = _relation(item)
    return f"{name} [{relation}]" if name and relation else name or relation


def _relation(item: Model) -> str:
    return _RELATIONSHIPS.get(text(item, _RELATIONSHIP), "")


def _notes(item: Model) -> list[str]:
    observed = text(item, _OBSERVED_AT)
    notes = [f"observed {observed}" if observed else "", *(_more(item))]
    return [note for note in notes if note]


def _more(item: Model) -> list[str]:
    kind = text(item, _VALUE_TYPE)
    if kind == "NUM":
        return [code(qualifier) for qualifier in items(item, _QUALIFIER)]
    if kind == "CODE":
        return [code_note(first_item(item, _CODE))]
    if kind in ("COMPOSITE", "IMAGE", "WAVEFORM"):
        return [code(purpose) for purpose in items(item, _PURPOSE)]
    return []


_CODE: Final = "0040A168"


def _number(item: Model) -> str:
    measured = first_item(item, _MEASURED)
    said = text(measured, _NUMERIC)
    if not said:
        return "no value"
    unit = first_item(measured, _UNITS)
    # The code of a UCUM unit is its symbol; "1" is what has no unit.
    symbol = code_value(unit) or code(unit)
    return said if symbol in ("", "1") else f"{said} {symbol}"


def _instance(item: Model) -> str:
    said = []
    for referenced in items(item, _REFERENCED):
        parts = [text(referenced, _SOP_INSTANCE)]
        for name, tag in (("frames", _FRAMES), ("segments", _SEGMENTS), ("channels", _CHANNELS)):
            if numbers := text(referenced, tag):
                parts.append(f"{name} {numbers}")
        said.append(", ".join(parts))
    return "; ".join(said)


def _graphic(item: Model) -> str:
    said = [text(item, _GRAPHIC_TYPE).lower()]
    points = values(item, _GRAPHIC_DATA)
    if points and len(points) <= max_points:
        said.append(text(item, _GRAPHIC_DATA))
    elif points:
        said.append(f"{len(points)} coordinates")
    if frame := text(item, _FRAME_OF_REFERENCE):
        said.append(f"in frame of reference {frame}")
    return ": ".join(part for part in said if part)


def _temporal(item: Model) -> str:
    where = next(
        (
            f"{name} {said}"
            for name, tag in (("samples", _SAMPLES), ("seconds", _OFFSETS), ("at", _TIMES))
            if (said := text(item, tag))
        ),
        "",
    )
    return f"{text(item, _TEMPORAL_RANGE).lower()}: {where}"


def _table(item: Model) -> tuple[Row, ...]:
    """The cells of a TABLE item (C.18.10), as far as they are there."""
    rows, columns = _count(item, _TABLE_ROWS), _count(item, _TABLE_COLUMNS)
    if not rows * columns or rows * columns > max_cells:
        return ()
    head = [code(first_item(one, _CONCEPT_NAME)) for one in items(item, _COLUMN_DEFINITIONS)]
    grid = [[""] * columns for _ in range(rows)]
    for cell in items(item, _CELLS):
        row, column = _count(cell, _CELL_ROW), _count(cell, _CELL_COLUMN)
        if 1 <= row <= rows and 1 <= column <= columns:
            grid[row - 1][column - 1] = _cell(cell)
    return tuple(tuple(row) for row in ((head + [""] * columns)[:columns], *grid))


max_cells: Final = 20_000


def _cell(cell: Model) -> str:
    meaning = code(first_item(cell, _CODE))
    return meaning or next((said for tag in _CELL_VALUES if (said := text(cell, tag))), "")


def _count(item: Model, tag: str) -> int:
    found = values(item, tag)
    return found[0] if found and isinstance(found[0], int) and found[0] > 0 else 0


def _value(tag: str) -> Say:
    return lambda item: text(item, tag)


def _nothing(_item: Model) -> str:
    return ""


def _unknown(item: Model) -> str:
    kind = text(item, _VALUE_TYPE)
    return f"a content item of type {kind}, which cannot be shown" if kind else ""


# THE table: what an item of each value type says (PS3.3 table C.17.3-7).
_VALUES: Final[Mapping[str, Say]] = MappingProxyType(
    {
        "TEXT": _value("0040A160"),
        "NUM": _number,
        "CODE": lambda item: code(first_item(item, _CODE)),
        "DATETIME": _value("0040A120"),
        "DATE": _value("0040A121"),
        "TIME": _value("0040A122"),
        "UIDREF": _value("0040A124"),
        "PNAME": _value("0040A123"),
        "COMPOSITE": _instance,
        "IMAGE": _instance,
        "WAVEFORM": _instance,
        "SCOORD": _graphic,
        "SCOORD3D": _graphic,
        "TCOORD": _temporal,
        "CONTAINER": _nothing,
        "TABLE": _nothing,
    }
)
