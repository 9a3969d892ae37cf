"""A structured report, key object selection or the like as a document: its whole content tree.

What stands around the tree (whose report it is, who verified it) and the walk through it live
here; what one content item says is `content_items`.

References
----------
PS3.3 sections C.17.2 (SR Document General) and C.17.3 (SR Document Content).
"""

from collections.abc import Callable
from typing import Final

from imaging.documents import content_items
from imaging.documents.content_items import CONTENT, Evidence
from imaging.documents.model import Block, Document, checked
from imaging.documents.values import Model, code, first_item, is_code, items, text

Link = Callable[[str, str, str, str], str]
"""Spells where an instance can be seen: study, series and instance UID, and frames or nothing."""

_FACTS: Final = (
    ("Patient", "00100010"),
    ("Patient ID", "00100020"),
    ("Birth date", "00100030"),
    ("Sex", "00100040"),
    ("Accession number", "00080050"),
    ("Study", "00081030"),
    ("Study date", "00080020"),
    ("Series", "0008103E"),
    ("Referring physician", "00080090"),
    ("Institution", "00080080"),
    ("Manufacturer", "00080070"),
    ("Content date", "00080023"),
    ("Content time", "00080033"),
    ("Observed", "0040A032"),
    ("Completion", "0040A491"),
    ("Completion note", "0040A492"),
    ("Verification", "0040A493"),
    ("Preliminary", "0040A496"),
)
_VERIFYING_OBSERVERS, _AUTHORS = "0040A073", "0040A078"
_OBSERVER_NAME, _OBSERVER_PLACE, _VERIFIED_AT = "0040A075", "0040A027", "0040A030"
_AUTHOR_NAME, _AUTHOR_DEVICE = "0040A123", "00081010"
_EVIDENCE: Final = ("0040A375", "0040A385")
_SERIES, _INSTANCES, _STUDY_UID, _SERIES_UID, _SOP_UID = (
    "00081115", "00081199", "0020000D", "0020000E", "00081155",
)  # fmt: skip
_CONCEPT_NAME, _CONCEPT_CODE = "0040A043", "0040A168"
_LANGUAGE: Final = "121049"
_UNTITLED: Final = "Structured report"


def read_report(model: Model, link: Link | None = None) -> Document:
    """Read a report.

    Parameters
    ----------
    model
        The data set in the DICOM JSON Model.
    link
        Without it nothing in the document leads elsewhere.

    Raises
    ------
    LimitExceeded
        It is longer than a document may be.
    """
    evidence = _evidence(model, link)
    content = items(model, CONTENT)
    return checked(
        Document(
            title=code(first_item(model, _CONCEPT_NAME)) or _UNTITLED,
            facts=(*_general(model), *_observers(model)),
            blocks=_blocks(content, "1", evidence),
            language=_language(content),
        )
    )


def _blocks(content: list[Model], path: str, evidence: Evidence) -> tuple[Block, ...]:
    return tuple(
        _block(item, f"{path}.{number}", evidence) for number, item in enumerate(content, 1)
    )


def _block(item: Model, path: str, evidence: Evidence) -> Block:
    within = items(item, CONTENT)
    made = content_items.block(item, path, evidence, _blocks(within, path, evidence))
    language = _language(within)
    return content_items.in_language(made, language) if language else made


def _language(content: list[Model]) -> str:
    """What a concept modifier says of the language (PS3.16 TID 1204)."""
    for item in content:
        if is_code(first_item(item, _CONCEPT_NAME), _LANGUAGE):
            return content_items.language_tag(first_item(item, _CONCEPT_CODE))
    return ""


def _general(model: Model) -> tuple[tuple[str, str], ...]:
    return tuple((name, said) for name, tag in _FACTS if (said := text(model, tag)))


def _observers(model: Model) -> tuple[tuple[str, str], ...]:
    verified = (
        ("Verified by", _joined(item, _OBSERVER_NAME, _OBSERVER_PLACE, _VERIFIED_AT))
        for item in items(model, _VERIFYING_OBSERVERS)
    )
    authors = (
        ("Author", _joined(item, _AUTHOR_NAME, _AUTHOR_DEVICE, _OBSERVER_PLACE))
        for item in items(model, _AUTHORS)
    )
    return tuple((name, said) for name, said in (*verified, *authors) if said)


def _joined(item: Model, *tags: str) -> str:
    return ", ".join(said for tag in tags if (said := text(item, tag)))


def _evidence(model: Model, link: Link | None) -> Evidence:
    """Where each instance that the report names can be seen."""
    if link is None:
        return content_items.NOWHERE
    places = {
        text(instance, _SOP_UID): (text(study, _STUDY_UID), text(series, _SERIES_UID))
        for tag in _EVIDENCE
        for study in items(model, tag)
        for series in items(study, _SERIES)
        for instance in items(series, _INSTANCES)
    }

    def href(sop_instance_uid: str, frames: str) -> str:
        place = places.get(sop_instance_uid)
        return link(*place, sop_instance_uid, frames) if place and all(place) else ""

    return href
