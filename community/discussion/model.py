"""What a discussion consists of, as values. No database, no request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from community.accounts.people import Person
from community.cases.model import Region

AUTHOR_DELETED: Final = "author_deleted"
MODERATED: Final = "moderated"
ERASED: Final = "erased"
HELD: Final = "held"
RESTRICTED: Final = "restricted"
"""Of a text that is there and shown to nobody for as long as a report is looked at."""
TOMBSTONES: Final = (AUTHOR_DELETED, MODERATED, ERASED, HELD)

max_levels: Final = 4
"""How deep a page goes; what answers to a comment of the last level stands beside it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the pixels.

    Attributes
    ----------
    frame
        From 1.
    region
        None is the whole frame; one without width and height is a point.
    window
        Center and width, as the writer saw it.
    """

    collection: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frame: int = 1
    region: Region | None = None
    window: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as one reader sees it.

    Attributes
    ----------
    thread
        Id of the first comment of its thread.
    author
        None of somebody who is no more, or whom others may not see.
    markdown
        As it is kept, with mentions as ids; None once it was deleted.
    tombstone
        Why it has no text.
    version
        Whoever changes it says which one they saw.
    helpful
        How many people found it so.
    is_stored
        It lies beside its study as a DICOM report, too.
    """

    id: str
    case_id: str
    thread: str
    parent: str | None
    depth: int
    author: Person | None
    markdown: str | None
    is_spoiler: bool
    tombstone: str
    created_at: datetime
    edited_at: datetime | None
    version: int
    helpful: int
    spot: Spot | None = None
    is_accepted: bool = False
    is_stored: bool = False
    is_mine: bool = False
    has_my_vote: bool = False
    may_delete: bool = False

    @property
    def is_there(self) -> bool:
        """Whether there is a text."""
        return self.markdown is not None


@dataclass(frozen=True, slots=True)
class Node:
    """A comment with what was answered to it.

    Attributes
    ----------
    answers_to
        Whom it answers, where that is not the comment above it.
    """

    comment: Comment
    answers: tuple[Node, ...] = ()
    answers_to: Comment | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A first comment with all that was answered, as far as a page shows it.

    Attributes
    ----------
    left_out
        How many answers the page leaves out.
    """

    root: Node
    left_out: int = 0


def grown(comments: Sequence[Comment], levels: int = max_levels) -> list[Node]:
    """Put comments under what they answer; of each, the earlier answers come first.

    Parameters
    ----------
    comments
        The earlier ones first, so that each comes behind what it answers.
    """
    known = {one.id: one for one in comments}
    below: dict[str, list[Comment]] = {}
    level: dict[str, int] = {}
    roots = []
    for one in comments:
        if one.parent is None or one.parent not in known:
            roots.append(one)
            level[one.id] = 0
            continue
        place = one.parent
        while level[place] >= levels - 1:
            place = known[place].parent or place
        level[one.id] = level[place] + 1
        below.setdefault(place, []).append(one)
    return [_node(one, below, known) for one in roots]


def _node(one: Comment, below: dict[str, list[Comment]], known: dict[str, Comment]) -> Node:
    """As deep as `levels` at most, so it calls itself a few times only."""
    return Node(
        one,
        tuple(
            Node(
                inner.comment,
                inner.answers,
                known.get(inner.comment.parent or "") if inner.comment.parent != one.id else None,
            )
            for inner in (_node(answer, below, known) for answer in below.get(one.id, ()))
        ),
    )


def flattened(nodes: Iterable[Node]) -> list[Comment]:
    """The comments of nodes, in the order in which a page shows them."""
    found: list[Comment] = []
    for node in nodes:
        found.append(node.comment)
        found.extend(flattened(node.answers))
    return found
