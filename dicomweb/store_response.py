"""What a store came to: the Store Instances Response Module and its HTTP status.

Only values: outcomes in, a DICOM JSON model out (`imaging.native_xml` makes XML of the same
model). The words of a failure or a warning travel as Error Comment (0000,0902) in its item: the
module has no attribute for text, and this is the one that other archives use and clients show.

References
----------
DICOM PS3.18 section 10.5.3, Annex I (Table I.2-1); PS3.7 section C.4.1 (Error Comment).
"""

import textwrap
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

from archive.ingest import Coming, Failed, Outcome, Stored

Model = dict[str, dict[str, Any]]
"""One object of the DICOM JSON model, PS3.18 Annex F."""

ERROR_COMMENT: Final = "00000902"
REFERENCED_SOP_CLASS_UID: Final = "00081150"
REFERENCED_SOP_INSTANCE_UID: Final = "00081155"
RETRIEVE_URL: Final = "00081190"
WARNING_REASON: Final = "00081196"
FAILURE_REASON: Final = "00081197"
FAILED_SOP_SEQUENCE: Final = "00081198"
REFERENCED_SOP_SEQUENCE: Final = "00081199"
OTHER_FAILURES_SEQUENCE: Final = "0008119A"

_MAX_LO: Final = 64
_MAX_COMMENTS: Final = 8


def response_model(outcomes: Sequence[Outcome], root: str, study: str | None = None) -> Model:
    """Make the Store Instances Response of a request.

    Parameters
    ----------
    outcomes
        One a part, in their order.
    root
        URL of the service, without a slash at its end.
    study
        The study in the request's path, if any.

    Returns
    -------
    dict
        Instances that are de-identified first have the Retrieve URL under which they will be
        had: never that of the UIDs that were sent.
    """
    stored = [outcome for outcome in outcomes if isinstance(outcome, Stored)]
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    sequences = {
        FAILED_SOP_SEQUENCE: [_failed_item(one) for one in failed if _is_identified(one)],
        REFERENCED_SOP_SEQUENCE: [_stored_item(one, root) for one in stored],
        OTHER_FAILURES_SEQUENCE: [_failed_item(one) for one in failed if not _is_identified(one)],
    }
    model: Model = {RETRIEVE_URL: _element("UR", _study_urls(stored, root, study))}
    model |= {tag: _element("SQ", items) for tag, items in sequences.items() if items}
    return model


def status_of(outcomes: Iterable[Outcome]) -> HTTPStatus:
    """Say the status of a request whose message could be read.

    A message that could not be read, or is of a type that is not stored, never gets here; it is
    400, 413 or 415.

    References
    ----------
    PS3.18 section 10.5.3.1, Table 10.5.3-1
    """
    outcomes = list(outcomes)
    if not outcomes:
        return HTTPStatus.BAD_REQUEST
    if not any(isinstance(outcome, Stored) for outcome in outcomes):
        return HTTPStatus.CONFLICT
    if all(isinstance(outcome, Stored) and outcome.warning is None for outcome in outcomes):
        return HTTPStatus.OK
    return HTTPStatus.ACCEPTED


def _stored_item(outcome: Stored, root: str) -> Model:
    item = _reference(outcome.sop_class_uid, outcome.sop_instance_uid)
    names: Stored | Coming | None = outcome if outcome.retrievable else outcome.coming
    urls = []
    if names is not None:
        urls = [
            f"{root}/studies/{names.study_instance_uid}/series/{names.series_instance_uid}"
            f"/instances/{names.sop_instance_uid}"
        ]
    item[RETRIEVE_URL] = _element("UR", urls)
    if outcome.warning is not None:
        item[WARNING_REASON] = _element("US", [outcome.warning])
    if outcome.note:
        item[ERROR_COMMENT] = _element("LO", _comments(outcome.note))
    return item


def _failed_item(outcome: Failed) -> Model:
    item: Model = {ERROR_COMMENT: _element("LO", _comments(str(outcome.failure)))}
    item |= _reference(outcome.sop_class_uid, outcome.sop_instance_uid)
    item[FAILURE_REASON] = _element("US", [outcome.failure.reason])
    return item


def _comments(words: str) -> list[str]:
    """Words as values that an LO can hold: short, and without backslashes."""
    text = "".join(c if c.isprintable() else " " for c in words).replace("\\", "/")
    return textwrap.wrap(text, _MAX_LO, break_on_hyphens=False)[:_MAX_COMMENTS]


def _reference(sop_class_uid: str | None, sop_instance_uid: str | None) -> Model:
    item: Model = {}
    if sop_class_uid is not None:
        item[REFERENCED_SOP_CLASS_UID] = _element("UI", [sop_class_uid])
    if sop_instance_uid is not None:
        item[REFERENCED_SOP_INSTANCE_UID] = _element("UI", [sop_instance_uid])
    return item


def _study_urls(stored: Sequence[Stored], root: str, study: str | None) -> list[str]:
    """The URL of the study, if it is one that can, or will, be retrieved."""
    studies = {one.study_instance_uid for one in stored if one.retrievable}
    if study is not None:
        studies &= {study}
    studies |= {one.coming.study_instance_uid for one in stored if one.coming is not None}
    return [f"{root}/studies/{uid}" for uid in studies] if len(studies) == 1 else []


def _is_identified(outcome: Failed) -> bool:
    # An item of Failed SOP Sequence needs both UIDs (Table I.2-1, SOP Instance Reference Macro).
    return outcome.sop_class_uid is not None and outcome.sop_instance_uid is not None


def _element(vr: str, values: list[Any]) -> dict[str, Any]:
    return {"vr": vr, "Value": values} if values else {"vr": vr}
