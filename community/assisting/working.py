"""The worker's round: wishes are taken, cases told of, answers kept. Nothing else calls a service.

A call is written down before it is made, in the transaction that saw that it is allowed; so there
is none that the log does not know, and none that began after its author took it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from archive.archive import Archive
from archive.database import writing
from community.assistant.answers import Reading, Suggestions, read_answer
from community.assistant.payload import AiPayload, Withheld, build_ai_payload
from community.assistant.port import AssistantError, CaseTextAssistant, UnavailableError
from community.assistant_models import ai_call, assistant_wish
from community.assisting import rows
from community.assisting.asking import DAY
from community.assisting.gathering import may_identify, words_of
from community.assisting.settings import AssistantSettings
from community.audit.trail import SYSTEM, record
from community.case_models import medical_case
from community.cases.rows import case_from
from community.cases.vocabulary import LANGUAGES
from community.finding.terms import PATHOLOGY, find_term
from community.ids import new_id
from telemetry.logs import get_logger

log = get_logger(__name__)

TAGS: Final = "tag"
SUMMARY: Final = "summary"
LANGUAGE: Final = "language"

HELP: Final = "help"
ASKED: Final = "asked"
ANSWERED: Final = "answered"
NOTHING_SAID: Final = "nothing"

max_a_round: Final = 5
max_tries: Final = 4
max_model_chars: Final = 64
_FIRST_WAIT: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that may be made now, and is written down."""

    id: str
    case_id: str
    payload: AiPayload


@dataclass(frozen=True, slots=True)
class _Taken:
    """A wish that was taken, and its call unless something speaks against it."""

    call: _Call | None


def work_waiting(archive: Archive, settings: AssistantSettings, service: CaseTextAssistant) -> int:
    """Help with what waits, as much as a round has; returns how often the service was asked."""
    asked = 0
    for _ in range(max_a_round):
        taken = _take(archive, settings)
        if taken is None:
            break
        if taken.call is not None:
            _ask(archive, service, taken.call)
            asked += 1
    return asked


def _take(archive: Archive, settings: AssistantSettings) -> _Taken | None:
    """Take a wish that is due, so that no other round takes it, too."""
    now = datetime.now(UTC)
    # The case is locked along, and nothing waited for: authors lock a case before its wish.
    query = (
        select(assistant_wish.c.case_id, assistant_wish.c.tries)
        .join(medical_case, medical_case.c.id == assistant_wish.c.case_id)
        .where(assistant_wish.c.state == rows.WAITING, assistant_wish.c.due_at <= now)
        .order_by(assistant_wish.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with writing(archive.engine) as connection:
        if rows.is_stopped(connection) or _spent(connection, settings, now):
            return None
        wish = connection.execute(query).one_or_none()
        if wish is None:
            return None
        due_at = now + _FIRST_WAIT * 2**wish.tries
        rows.note_wish(connection, wish.case_id, tries=wish.tries + 1, due_at=due_at)
        return _Taken(_allowed(connection, settings, wish.case_id, now))


def _spent(connection: Connection, settings: AssistantSettings, now: datetime) -> bool:
    count = select(func.count()).where(ai_call.c.at > now - DAY)
    return (connection.scalar(count) or 0) >= settings.max_calls_per_day


def _allowed(
    connection: Connection, settings: AssistantSettings, case_id: str, now: datetime
) -> _Call | None:
    """Write down the call that is about to be made, unless something speaks against it."""
    row_of_case = connection.execute(select(medical_case).where(medical_case.c.id == case_id))
    case = case_from(row_of_case.one())
    try:
        payload = build_ai_payload(words_of(connection, case, settings), may_identify)
    except Withheld as reason:
        rows.note_wish(
            connection, case_id, state=rows.WITHHELD, reason=reason.reason, field=reason.field
        )
        return None
    call = _Call(new_id(), case_id, payload)
    row = {
        "id": call.id,
        "case_id": case_id,
        "person": case.owner,
        "purpose": HELP,
        "fields": " ".join(payload.told),
        "payload_sha256": payload.sha256,
        "model": settings.model,
        "tier": settings.tier,
        "at": now,
        "outcome": ASKED,
    }
    connection.execute(insert(ai_call).values(row))
    record(
        connection,
        SYSTEM,
        "assistant.called",
        target=f"case {case_id}",
        subject=case.owner,
        facts={"tier": settings.tier, "model": settings.model, "fields": len(payload.told)},
    )
    return call


def _ask(archive: Archive, service: CaseTextAssistant, call: _Call) -> None:
    try:
        answer = service.ask(call.payload)
    except AssistantError as error:
        log.warning("the text service gave no answer", reason=error.reason)
        _failed(archive, call, error)
        return
    how = Reading(LANGUAGES.keys(), _is_neutral, may_identify)
    found = read_answer(answer.text, call.payload, how)
    made = list(_made(call.case_id, found, answer.model))
    with writing(archive.engine) as connection:
        _lock_case(connection, call)
        _note_call(connection, call, ANSWERED if made else NOTHING_SAID)
        if rows.consent_of(connection, call.case_id) is None:
            return  # Its author took it back meanwhile.
        rows.forget_open(connection, call.case_id)
        rows.keep_suggestions(connection, made)
        rows.note_wish(connection, call.case_id, state=rows.DONE)


def _failed(archive: Archive, call: _Call, error: AssistantError) -> None:
    with writing(archive.engine) as connection:
        _lock_case(connection, call)
        _note_call(connection, call, error.reason[:32])
        wish = rows.wish_of(connection, call.case_id)
        is_last = wish is None or wish.tries >= max_tries
        if is_last or not isinstance(error, UnavailableError):
            rows.note_wish(connection, call.case_id, state=rows.FAILED)


def _lock_case(connection: Connection, call: _Call) -> None:
    """Go before whatever else of a case is changed, as its author does."""
    this = medical_case.c.id == call.case_id
    connection.execute(select(medical_case.c.id).where(this).with_for_update())


def _note_call(connection: Connection, call: _Call, outcome: str) -> None:
    connection.execute(update(ai_call).where(ai_call.c.id == call.id).values(outcome=outcome))


def _made(case_id: str, found: Suggestions, model: str) -> Iterator[dict[str, Any]]:
    said: Sequence[tuple[str, str]] = (
        (LANGUAGE, found.language),
        (SUMMARY, found.summary),
        *((TAGS, one) for one in found.tags),
    )
    now = datetime.now(UTC)
    for kind, text in said:
        if text:
            yield {
                "id": new_id(),
                "case_id": case_id,
                "kind": kind,
                "text": text,
                "model": model[:max_model_chars],
                "made_at": now,
                "state": rows.OPEN,
            }


def _is_neutral(tag: str) -> bool:
    """Whether a tag is a term that says where something is, or how it looks."""
    term = find_term(tag)
    return term is not None and term.kind != PATHOLOGY
