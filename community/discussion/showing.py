"""What templates take of a discussion: its page, and how a text becomes HTML."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import request
from markupsafe import Markup

from archive.archive import Archive
from community.accounts.shown import Shown, shown
from community.cases.model import CaseView
from community.cases.readers import Reader
from community.cases.safe_markdown import to_safe_html
from community.cases.screening import Finding
from community.cases.shown import title_of
from community.discussion import mentions, notifying
from community.discussion.addresses import comment_path, profile_path
from community.discussion.errors import TalkError
from community.discussion.following import followed_among
from community.discussion.model import Comment, Spot
from community.discussion.reading import Discussion, discussion_of
from community.discussion.spots_shown import ShownSpot, shown_spot
from community.discussion.writing import TEXT, Words
from community.look.words import N_


@dataclass(frozen=True, slots=True)
class Form:
    """A form for a comment, empty or as it came back.

    Attributes
    ----------
    action
        Where it is sent.
    parent
        The comment that it answers.
    version
        Of the comment that it changes; 0 for a new one.
    problem
        Why it came back, and `field` where.
    """

    action: str
    text: str = ""
    is_spoiler: bool = False
    parent: Comment | None = None
    version: int = 0
    problem: str = ""
    field: str = TEXT
    findings: Sequence[Finding] = ()
    spot: Spot | None = None
    hidden: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Followable:
    """Something on the page that its reader may follow, and what the button says."""

    kind: str
    target: str
    words: str
    is_followed: bool


@dataclass(frozen=True, slots=True)
class Talk:
    """A page of a discussion as templates take it."""

    view: CaseView
    discussion: Discussion
    may_write: bool
    form: Form
    followable: tuple[Followable, ...] = ()

    @property
    def title(self) -> str:
        """What the reader calls the case."""
        return title_of(self.view)

    def html(self, comment: Comment) -> Markup:
        """What a comment says."""
        return html_of(comment.markdown or "", self.discussion.handles or {})

    def face(self, comment: Comment) -> Shown | None:
        """Who wrote it, with their picture."""
        return None if comment.author is None else shown(comment.author)

    def spot(self, comment: Comment) -> ShownSpot | None:
        """The place that it is about."""
        return None if comment.spot is None else shown_spot(self.view, comment.spot)

    def address(self, comment: Comment) -> str:
        """Where a comment stands."""
        return request.script_root + comment_path(self.view.case.slug, comment.id)


def html_of(text: str, handles: Mapping[str, str]) -> Markup:
    """A kept text as the inside of a page.

    Parameters
    ----------
    handles
        Of people whom it mentions, by their ids.
    """
    return mentions.to_html(text, handles, partial(_profile, request.script_root), to_safe_html)


def talk_of(
    archive: Archive, view: CaseView, reader: Reader, at: str = "", thread: str = ""
) -> Talk:
    """A page of what is said about a case, with a form for more.

    Raises
    ------
    TalkError
        `at` or `thread` is no comment of the case.
    """
    slug = view.case.slug
    return Talk(
        view,
        discussion_of(archive, reader, view, at, thread),
        reader.may_write and view.is_revealed,
        Form(f"{request.script_root}/cases/{slug}/comments"),
        _followable(archive, view, reader),
    )


def fill_slot(archive: Archive, view: CaseView, reader: Reader) -> dict[str, Any]:
    """The values of the discussion's place on the page of a case."""
    try:
        return {"talk": talk_of(archive, view, reader, request.args.get("at", ""))}
    except TalkError:  # an old link: the page is there all the same
        return {"talk": talk_of(archive, view, reader)}


def words_in(form: Mapping[str, str]) -> Words:
    """What a form says."""
    is_spoiler, looked = (form.get(name) == "yes" for name in ("spoiler", "looked"))
    return Words(form.get(TEXT, ""), is_spoiler, looked)


def _followable(archive: Archive, view: CaseView, reader: Reader) -> tuple[Followable, ...]:
    if reader.person is None:
        return ()
    wanted = {(notifying.CASE, view.case.id): N_("Follow this case")}
    if view.author is not None and not view.is_owner:
        wanted[notifying.PERSON, view.author.id] = N_("Follow its author")
    if view.case.specialty:
        wanted[notifying.SPECIALTY, view.case.specialty] = N_("Follow its specialty")
    known = followed_among(archive, reader, *wanted)
    return tuple(Followable(*key, words, key in known) for key, words in wanted.items())


def _profile(base: str, handle: str) -> str:
    return base + profile_path(handle)
