"""What a whole study says of its people, read before anything of it is written.

Each process that works on a study reads it for itself: nothing of it is ever kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from archive.quarantine import Original
from imaging.data_set import DataSet
from imaging.deidentify.cleaning import Known, gather_all
from imaging.deidentify.uids import is_well_known
from imaging.part10 import Header
from imaging.version import VERSION
from worker.studies import Study

# Headers in memory at once, whose UIDs are asked for together.
_HEADERS_A_PAGE: Final = 32


def gathered(study: Study, every: Sequence[Original]) -> Known:
    """What is to be found nowhere in the finished files of a study."""
    found = Known()
    for ours in (True, False):
        some = [one for one in every if study.is_ours(one) == ours]
        if some:
            found |= gather_all(_headers(study, some), study.plan(some[0]))
    return found


def basis_of(study: Study, known: Known) -> str:
    """Names what a finished file depends on besides its original; tells nothing of it."""
    said = json.dumps(
        [
            VERSION,
            sorted(study.policy.profile.options),
            study.policy.stored_syntax,
            study.policy.review,
            sorted(known.identity.texts()),
            sorted(known.uids),
        ]
    )
    return study.secret.derive("basis", hashlib.sha256(said.encode()).hexdigest()).hex()


def _headers(study: Study, some: Iterable[Original]) -> Iterator[Header]:
    headers = (header for one in some if (header := study.header_of(one)) is not None)
    while page := list(islice(headers, _HEADERS_A_PAGE)):
        study.published_uids.look_up({uid for header in page for uid in _uids_in(header)})
        yield from page


def _uids_in(header: Header) -> Iterator[str]:
    """What may be somebody's UID, wherever it stands."""
    todo: list[DataSet] = [header.data_set, header.file_meta]
    while todo:
        holder = todo.pop()
        for tag, element in holder.items():
            todo += element.items or ()
            if element.vr == "UI":
                yield from (uid for uid in holder.texts(tag) if uid and not is_well_known(uid))
