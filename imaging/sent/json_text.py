"""Text as objects of the DICOM JSON Model, read strictly and within bounds.

JSON's own grammar lives here: names that stand twice, numbers that are none, depth and count of
what is opened. Whether the objects are a data set is `json_reading`.

References
----------
RFC 8259 section 4 (names should be unique), PS3.18 section F.2.1 (an array of objects).
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from imaging.errors import LimitExceeded, Malformed

max_containers: Final = 1_000_000
"""Objects and arrays in one text; each takes memory, however few bytes it is."""

max_values: Final = 3_000_000
"""Values in one text, as told by the commas between them."""

max_instances: Final = 10_000


def read_models(text: bytes) -> list[dict[str, Any]]:
    """Read an array of objects; a single object is taken for an array of one.

    Raises
    ------
    Malformed
        When it is no JSON in UTF-8, holds a name twice in one object, or is something else.
    LimitExceeded
        When it holds more than `max_containers`, `max_values` or `max_instances`.
    """
    if text.count(b"{") + text.count(b"[") > max_containers:
        raise LimitExceeded(f"the metadata have more than {max_containers} objects and arrays")
    if text.count(b",") > max_values:
        raise LimitExceeded(f"the metadata have more than {max_values} values")
    try:
        read = json.loads(
            text.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_number
        )
    except RecursionError as error:
        raise LimitExceeded("the metadata are nested deeper than is allowed") from error
    except ValueError as error:
        raise Malformed("the metadata are no JSON in UTF-8") from error
    models = [read] if isinstance(read, dict) else read
    if not isinstance(models, list) or not all(isinstance(one, dict) for one in models):
        raise Malformed("the metadata are no array of objects")
    if len(models) > max_instances:
        raise LimitExceeded(f"the metadata are of more than {max_instances} instances")
    return models


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Malformed("a name stands twice in one object of the metadata")
    return made


def _no_number(_name: str) -> None:
    raise Malformed("the metadata hold a number that JSON does not have")
