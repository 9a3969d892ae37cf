"""What the mock can do wrong, and which checks have to notice: the runner's own examination.

A row is a defect that `conformance.mock` asks for by name. Its checks are exact ids, or patterns in
which a star means anything, such as ``wado.404[*``. No other check may notice: then one cause would
be counted under another's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from conformance.mock.defect import Defect
from conformance.mock.defects_elsewhere import ELSEWHERE
from conformance.mock.defects_retrieving import RETRIEVING
from conformance.mock.defects_searching import SEARCHING

DEFECTS: Final[Mapping[str, Defect]] = MappingProxyType({**SEARCHING, **RETRIEVING, **ELSEWHERE})
"""Every defect by its name."""


def expand(patterns: Iterable[str], checks: Iterable[str]) -> frozenset[str]:
    """The checks that these ids and patterns mean."""
    escaped = (re.escape(one).replace(r"\*", ".*") for one in patterns)
    pattern = re.compile("|".join(escaped) or r"(?!)")
    return frozenset(one for one in checks if pattern.fullmatch(one))
