"""What whoever opens a copy of their data reads first, made from the tables that the site runs by.

References
----------
Regulation (EU) 2016/679 articles 15(1) and 20.
"""

from __future__ import annotations

from typing import Final

from archive.archive import Archive
from community.retention.table import RULES as RETENTION
from community.rights.rules import (
    ACCOUNT,
    AI_CALLS,
    ANSWERS,
    AUDIT,
    CASES,
    COMMENTS,
    CONSENTS,
    DECISIONS,
    NOTICES,
    PLAYLISTS,
    REQUESTS,
    UPLOADS,
    VOTES,
    ruled_tables,
)
from community.site.settings import site_from_environment

README: Final = "README.txt"

WHAT_IT_IS: Final = {
    ACCOUNT: "your profile, how you sign in, where you are signed in, your choices",
    CASES: "each of your cases: all of it as JSON, and its text to read",
    COMMENTS: "what you wrote to cases, with earlier versions",
    VOTES: "comments that you found helpful",
    ANSWERS: "your answers to unknown cases",
    PLAYLISTS: "your playlists",
    UPLOADS: "what you sent, what you confirmed, and how it was de-identified",
    CONSENTS: "policies that you accepted and choices that you made",
    NOTICES: "what you were told of",
    REQUESTS: "what you asked of us, and our answers",
    DECISIONS: "reports, and decisions about what is yours; who reported stays unsaid",
    AI_CALLS: "when the text assistant was asked about a case of yours, and which fields it got",
    AUDIT: "what our record of events says of you",
}

_RIGHTS: Final = (
    "You may have wrong data corrected, have all of it erased, have its use stopped for a while,",
    "object to single uses, and carry this copy to another server. You find all of that at",
    "{origin}/settings/privacy, or write to us at {origin}/contact.",
    "It costs nothing, and we answer within a month.",
    "You may also complain to the authority that supervises us{authority}.",
)


def readme(archive: Archive) -> str:
    """The text."""
    origin = archive.settings.public_url.rstrip("/")
    site = site_from_environment()
    authority = f": {site.operator.authority}" if site.operator.authority else ""
    rights = [line.format(origin=origin, authority=authority) for line in _RIGHTS]
    return "\n".join(
        [
            f"All that {origin} holds of you.",
            f"Who answers for it: {', '.join((site.operator.name, *site.operator.address))}",
            "",
            "THE FILES",
            *(f"  {name:22} {words}" for name, words in WHAT_IT_IS.items()),
            f"  {'studies/':22} your DICOM files, if you asked for them",
            f"  {'manifest.json':22} every file with its length and SHA-256",
            f"The form of the files is described at {origin}/schemas/export/v1.json",
            "A person whom a text mentions stands in it as @[p:<id>].",
            "",
            "WHAT WE KEEP AND DO NOT PUT IN HERE",
            *_left_out(),
            "",
            "WHAT FOR, AND HOW LONG",
            *(
                f"  {rule.what}. {rule.purpose}{_until(rule.days, rule.until)}"
                for rule in RETENTION
            ),
            "",
            "WHO GETS IT",
            "  Everybody sees what you published. Who you sign in with learns that you do.",
            *(f"  {one.name}, {one.place}: {one.purpose}" for one in site.hosting),
            f"  All of them are listed at {origin}/subprocessors. Nothing is sold.",
            "",
            "YOUR RIGHTS",
            *(f"  {line}" for line in rights),
            "",
        ]
    )


def _left_out() -> list[str]:
    why = dict.fromkeys(rule.why_not for _, rule in ruled_tables() if rule.why_not)
    reasons = dict.fromkeys(
        f"{column.replace('_', ' ')}: {reason}"
        for _, rule in ruled_tables()
        for column, reason in rule.left_out.items()
    )
    return [f"  {words}" for words in (*why, *reasons)]


def _until(days: int | None, until: str) -> str:
    return f" {days} days." if days is not None else f" Kept {until}." if until else ""
