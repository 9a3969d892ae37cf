"""Where a finished file goes, and under which name: that of its source, unless it identifies.

Names and places of files may live here; what is in them is `imaging.deidentify.cleaning`.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from imaging.deidentify.cleaning import Known, NotClean
from imaging.deidentify.identity import Identity, fold
from imaging.deidentify.receipt import Evidence

_MAX_ALIKE: Final = 1_000
_DATES: Final = re.compile(r"(?<!\d)(19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?!\d)")
_SIGNS: Final = re.compile(r"[\W_]")


def name_of(relative: str, known: Known, evidence: Evidence) -> Path:
    """The same relative path, unless it says who the patient is."""
    if not identifies(relative, known):
        return Path(relative)
    return Path(
        evidence.study_instance_uid,
        evidence.series_instance_uid,
        f"{evidence.sop_instance_uid}.dcm",
    )


def identifies(path: str, known: Known) -> bool:
    """Whether a path has something in it that the study has; dates are taken to be its own."""
    folded = fold(path)
    bare = _SIGNS.sub("", folded)
    return (
        any(text in folded or closed in bare for text, closed in _texts(known.identity))
        or any(uid in path for uid in known.uids)
        or _DATES.search(path) is not None
    )


@lru_cache(maxsize=16)
def _texts(identity: Identity) -> tuple[tuple[str, str], ...]:
    """What is looked for, as it is and without signs; once for all files of a study."""
    spelled = ((text, _SIGNS.sub("", text)) for text in identity.texts())
    return tuple((text, closed) for text, closed in spelled if closed)


def place(part: Path, target: Path) -> None:
    """Give a file its name; two of one SOP Instance UID are told apart by a number.

    Raises
    ------
    NotClean
        There are too many of one name.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, _MAX_ALIKE + 1):
        name = target if number == 1 else target.with_stem(f"{target.stem}-{number}")
        try:
            os.link(part, name)
        except FileExistsError:
            continue
        part.unlink()
        return
    raise NotClean("too many files of the input have this SOP Instance UID")
