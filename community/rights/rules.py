"""THE table of what happens to data of people: a row for every table of the schema.

A row says which rows of its table are somebody's, in which file of their export those stand, and
what becomes of them when that person is erased, with all that they posted or without their name.
A test walks the schema: a table that has no row here, or a column that could name a person and is
spoken of nowhere, fails the build. Whoever makes a table adds its row.

How a row leads to its person is `links`; what is done with all this, `exporting` and `erasing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Table

from community.rights.links import By, Link, Through, leads_to
from community.rights.schema import every_table


class Act(StrEnum):
    """What becomes of rows of somebody who is erased."""

    DELETE = "deleted"
    UNNAME = "kept, without the person"
    EMPTY = "emptied; a place stays where others answered"
    FOLLOW = "goes or stays with what it belongs to"
    STAY = "stays; it tells nothing of them"


ACCOUNT: Final = "account.json"
CASES: Final = "cases/"
COMMENTS: Final = "comments.jsonl"
VOTES: Final = "votes.jsonl"
ANSWERS: Final = "quiz_answers.jsonl"
PLAYLISTS: Final = "playlists.jsonl"
UPLOADS: Final = "uploads.jsonl"
CONSENTS: Final = "consents.jsonl"
NOTICES: Final = "notifications.jsonl"
REQUESTS: Final = "requests.jsonl"
DECISIONS: Final = "moderation.jsonl"
AI_CALLS: Final = "ai_calls.jsonl"
AUDIT: Final = "audit.jsonl"
FILES: Final = (
    ACCOUNT, CASES, COMMENTS, VOTES, ANSWERS, PLAYLISTS, UPLOADS, CONSENTS, NOTICES, REQUESTS,
    DECISIONS, AI_CALLS, AUDIT,
)  # fmt: skip
"""Of an export; `cases/` is one for each case."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for the rows of a table that are somebody's.

    Attributes
    ----------
    mine
        How a row leads to whose it is.
    file
        Of the export; empty where nothing is exported, and then `why_not` says why.
    left_out
        Columns that are not exported, each with the reason.
    packed
        Columns that hold a packed JSON document.
    erased, kept
        What becomes of them when all is erased, and when work stays without a name.
    blanked
        Columns that are emptied when a row is kept without its person.
    named
        Columns of rows of others that name the person, and what becomes of those rows.
    not_carried
        Why the rows cannot be brought to another server; empty where they can.
    """

    mine: tuple[Link, ...]
    file: str = ""
    why_not: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    packed: tuple[str, ...] = ()
    erased: Act = Act.DELETE
    kept: Act | None = None
    blanked: tuple[str, ...] = ()
    named: Mapping[By, Act] = field(default_factory=dict)
    not_carried: str = ""

    def act(self, *, keeps_work: bool) -> Act:
        """What becomes of the rows."""
        return self.kept if keeps_work and self.kept is not None else self.erased


_SECRET: Final = "by it alone one gets in"  # noqa: S105 - a reason
_OF_A_SERVER: Final = "it works on this server alone"
_OTHERS: Final = "it is somebody else's"
_PERSON: Final = By("person")
_OF_CASE: Final = Through("case_id", "medical_case")
_OF_COMMENT: Final = Through("comment", "comment")

RULES: Final[dict[str, Rule]] = {
    # ---- accounts
    "person": Rule(
        (By("id"),),
        ACCOUNT,
        left_out={"handle_folded": "made of the handle"},
    ),
    "avatar": Rule((_PERSON,), ACCOUNT),
    "identity": Rule((_PERSON,), ACCOUNT),
    "session": Rule(
        (_PERSON,), ACCOUNT, left_out={"secret_sha256": _SECRET}, not_carried=_OF_A_SERVER
    ),
    "sign_in_attempt": Rule(
        (_PERSON,), why_not="minutes on the way to a provider, and its secrets"
    ),
    "sign_up": Rule(
        (Through(("provider", "subject"), "identity", ("provider", "subject")),),
        why_not="a sign-up that was not finished; the account has the same and more",
    ),
    "policy_acceptance": Rule((_PERSON,), CONSENTS),
    "consent_event": Rule((_PERSON,), CONSENTS, erased=Act.UNNAME),
    "credential_claim": Rule(
        (_PERSON,),
        ACCOUNT,
        left_out={"decided_by": _OTHERS},
        named={By("decided_by"): Act.UNNAME},
    ),
    "role_offer": Rule(
        (By("taken_by"),),
        ACCOUNT,
        left_out={"secret_sha256": _SECRET},
        erased=Act.UNNAME,
        not_carried="a role is given by the operator of each server",
    ),
    "idempotency": Rule((_PERSON,), why_not="answers to programs, kept a day to be given again"),
    "link": Rule(
        (By("created_by"),),
        ACCOUNT,
        left_out={"secret_sha256": _SECRET, "password_hash": _SECRET},
        not_carried=_OF_A_SERVER,
    ),
    "link_pass": Rule(
        (Through("link", "link"),),
        why_not="browsers of others who came by a link",
        erased=Act.FOLLOW,
    ),
    "link_view": Rule(
        (Through("link", "link"),), ACCOUNT, erased=Act.FOLLOW, not_carried=_OF_A_SERVER
    ),
    # ---- cases
    "medical_case": Rule((By("owner"),), CASES, erased=Act.EMPTY, kept=Act.UNNAME),
    "case_section": Rule((_OF_CASE,), CASES, erased=Act.FOLLOW),
    "case_revision": Rule(
        (_OF_CASE, By("author")),
        CASES,
        packed=("document",),
        erased=Act.FOLLOW,
        named={By("author"): Act.UNNAME},
    ),
    "case_study": Rule((_OF_CASE,), CASES, erased=Act.FOLLOW),
    "key_image": Rule((_OF_CASE,), CASES, erased=Act.FOLLOW),
    "case_tag": Rule((_OF_CASE,), CASES, erased=Act.FOLLOW),
    "tag": Rule((Through("slug", "case_tag", ("tag",)),), CASES, erased=Act.FOLLOW),
    "case_entry": Rule((_OF_CASE,), why_not="made of the case, to find it", erased=Act.FOLLOW),
    "case_facet": Rule(
        (Through("number", "case_entry", ("number",)),),
        why_not="made of the case, to find it",
        erased=Act.FOLLOW,
    ),
    "quiz_question": Rule((_OF_CASE,), CASES, erased=Act.EMPTY, kept=Act.FOLLOW),
    "sharing_confirmation": Rule((_PERSON,), UPLOADS, kept=Act.UNNAME),
    # ---- talk
    "comment": Rule((By("author"),), COMMENTS, erased=Act.EMPTY, kept=Act.UNNAME),
    "comment_revision": Rule((_OF_COMMENT,), COMMENTS, erased=Act.FOLLOW),
    "comment_anchor": Rule((_OF_COMMENT,), COMMENTS, erased=Act.FOLLOW),
    "comment_report": Rule(
        (_OF_COMMENT,),
        COMMENTS,
        erased=Act.FOLLOW,
        not_carried="it lies beside a study of this server",
    ),
    "accepted_read": Rule((_OF_CASE, _OF_COMMENT), COMMENTS, erased=Act.FOLLOW),
    "comment_mention": Rule(
        (_PERSON,), NOTICES, not_carried="it stands in a text of somebody else"
    ),
    "comment_vote": Rule((_PERSON,), VOTES),
    "follow": Rule((_PERSON,), ACCOUNT, named={By("target", only=("kind", "person")): Act.DELETE}),
    "notification": Rule(
        (_PERSON,), NOTICES, left_out={"actor": _OTHERS}, named={By("actor"): Act.DELETE}
    ),
    "mail_choice": Rule((_PERSON,), ACCOUNT),
    "mail_out": Rule(
        (Through("notification", "notification"),),
        NOTICES,
        left_out={"secret_sha256": _SECRET},
        erased=Act.FOLLOW,
        not_carried=_OF_A_SERVER,
    ),
    # ---- unknown cases and playlists
    "quiz_attempt": Rule((_PERSON,), ANSWERS, left_out={"browser_sha256": "a person's has none"}),
    "quiz_answer": Rule((Through("attempt", "quiz_attempt"),), ANSWERS, erased=Act.FOLLOW),
    "playlist": Rule((By("owner"),), PLAYLISTS),
    "playlist_item": Rule((Through("playlist", "playlist"),), PLAYLISTS, erased=Act.FOLLOW),
    # ---- the text assistant
    "assistant_consent": Rule(
        (_PERSON,), CONSENTS, not_carried="what may be told to whom is asked on each server"
    ),
    "assistant_wish": Rule(
        (_OF_CASE,), why_not="a wish that waits for the worker, and how it went", erased=Act.FOLLOW
    ),
    "assistant_suggestion": Rule((_OF_CASE,), CASES, erased=Act.FOLLOW),
    "ai_call": Rule(
        (_PERSON,), AI_CALLS, erased=Act.UNNAME, not_carried="what this server told, and to whom"
    ),
    # ---- moderation and the trail
    "case_hold": Rule(
        (_OF_CASE,), DECISIONS, erased=Act.FOLLOW, not_carried="decided on this server"
    ),
    "moderation_matter": Rule(
        (By("subject"),),
        DECISIONS,
        left_out={"claimed_by": _OTHERS},
        erased=Act.UNNAME,
        blanked=("appeal",),
        named={By("claimed_by"): Act.UNNAME},
        not_carried="decided on this server",
    ),
    # What others reported of somebody is not theirs: who did so stays unknown to them.
    "report": Rule(
        (By("reporter"),),
        DECISIONS,
        erased=Act.UNNAME,
        blanked=("words",),
        not_carried="decided on this server",
    ),
    "moderation_decision": Rule(
        (Through("matter", "moderation_matter"),),
        DECISIONS,
        left_out={"decided_by": _OTHERS},
        erased=Act.UNNAME,
        blanked=("words",),
        named={By("decided_by"): Act.UNNAME},
        not_carried="decided on this server",
    ),
    "study_hold": Rule(
        (By("held_by", "person {}"),),
        why_not="that a study is hidden, and why, stands in the decision about it",
        erased=Act.UNNAME,
    ),
    "audit_name": Rule((_PERSON,), why_not="by what name the trail knows them"),
    "audit_event": Rule(
        (Through("subject", "audit_name", ("pseudonym",)),),
        AUDIT,
        left_out={"actor": "may be somebody else"},
        erased=Act.STAY,
        not_carried="what happened on this server",
    ),
    # ---- rights
    "erasure_wish": Rule((_PERSON,), ACCOUNT, not_carried=_OF_A_SERVER),
    "objection": Rule((_PERSON,), ACCOUNT),
    "export_job": Rule(
        (_PERSON,),
        ACCOUNT,
        left_out={"object_key": "where it lies in our store"},
        not_carried=_OF_A_SERVER,
    ),
    # ---- requests
    "ticket": Rule(
        (_PERSON,),
        REQUESTS,
        left_out={"taken_by": _OTHERS},
        erased=Act.UNNAME,
        blanked=("email", "reach", "about"),
        named={By("taken_by"): Act.UNNAME},
        not_carried=_OF_A_SERVER,
    ),
    "ticket_event": Rule(
        (Through("ticket", "ticket"),),
        REQUESTS,
        left_out={"actor": _OTHERS},
        erased=Act.UNNAME,
        blanked=("words",),
        named={By("actor"): Act.UNNAME},
        not_carried=_OF_A_SERVER,
    ),
    # It shows how the erasure ended, and by then no words any more.
    "ticket_link": Rule((Through("ticket", "ticket"),), why_not=_SECRET, erased=Act.FOLLOW),
    "letter": Rule(
        (_PERSON, Through("ticket", "ticket")), why_not="a mail that is about to reach them"
    ),
    "stopped_address": Rule((Through("identity", "identity"),), ACCOUNT, erased=Act.FOLLOW),
    # ---- of the archive
    "token": Rule(
        (_PERSON,), ACCOUNT, left_out={"secret_sha256": _SECRET}, not_carried=_OF_A_SERVER
    ),
    "upload": Rule(
        (By("owner"),),
        UPLOADS,
        left_out={
            "key_id": "names a key of this server",
            "patient": "derived from that key",
            "senders": "may name others",
        },
        packed=("receipt",),
        kept=Act.UNNAME,
        named={By("senders", "person {}", inside=True): Act.UNNAME},
        not_carried="studies are sent anew",
    ),
    "share": Rule((By("audience", "person:{}"),), UPLOADS, not_carried="studies are sent anew"),
    "commitment": Rule(
        (By("principal", "person {}"),), why_not="questions of a program, answered to it"
    ),
}

_OF_STUDIES: Final = "of studies: exported as files, erased with their study"
_OF_MACHINES: Final = "of machines and operators"

WITHOUT_PEOPLE: Final[dict[str, str]] = {
    "study": _OF_STUDIES,
    "series": _OF_STUDIES,
    "instance": _OF_STUDIES,
    "instance_document": _OF_STUDIES,
    "kept_metadata": _OF_STUDIES,
    "thumbnail": _OF_STUDIES,
    "quarantined": _OF_STUDIES,
    "cleaned_instance": _OF_STUDIES,
    "claim": _OF_STUDIES,
    "dead_letter": _OF_STUDIES,
    "tombstone": "UIDs that were made here, of studies that are gone",
    "loose_object": "keys that say nothing",
    "blocked_instance": "hashes of UIDs, so that what identified somebody does not come back",
    "collection": _OF_MACHINES,
    "policy": _OF_MACHINES,
    "peer": _OF_MACHINES,
    "posted_answer": "what a provider posted on behalf of somebody unknown yet; gone in minutes",
    "facet_count": "counts",
    "assistant_stop": "a switch of the operator",
    "ticket_tally": "counts",
    "audit_end": "where the chain of events ends",
    "erasure_entry": "ids of what is gone, so that it stays gone",
    "retired_handle": "a hash, for a year",
}
"""Tables in which nobody's rows stand, each with the reason."""

NOT_PEOPLE: Final[dict[tuple[str, str], str]] = {
    ("sharing_confirmation", "subject"): "a case, a study or an upload",
    ("identity", "subject"): "exported and deleted with the row",
    ("identity", "email"): "exported and deleted with the row",
    ("sign_up", "subject"): "deleted with the row",
    ("sign_up", "email"): "deleted with the row",
    ("erasure_entry", "subject"): "an id that leads nowhere any more",
    ("letter", "subject"): "the first line of a mail",
    ("ticket", "email"): "emptied with the rest",
    ("ticket", "identity_by"): "how somebody proved who they are",
    ("moderation_matter", "target"): "a case, a comment or a study",
    ("audit_event", "actor"): "a name that leads to nobody without `audit_name`",
    ("audit_event", "target"): "never a person",
    ("link", "target"): "a study, a case or a collection",
}
"""Columns that are called as if they named a person and do not, or are spoken of above."""


def links_of(table: str) -> tuple[Link, ...]:
    """How rows of a table lead to whose they are."""
    return RULES[table].mine


def rows_of(table: Table, person: str) -> ColumnElement[bool]:
    """As a condition: the rows of a table that are somebody's."""
    return leads_to(table, RULES[table.name].mine, person, links_of)


def ruled_tables() -> list[tuple[Table, Rule]]:
    """Every table with a rule; those that others refer to come before those."""
    return [(table, RULES[name]) for name, table in every_table().items() if name in RULES]
