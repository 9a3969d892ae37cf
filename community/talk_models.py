"""The tables of discussion. Their columns and constraints, and no behaviour.

They hold to the rules of `community.models`. A thread keeps its shape when one of its comments
goes: what was written goes, and the row stays for as long as somebody answered to it.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from archive.moments import Utc
from community.case_models import medical_case
from community.models import metadata, person

_Id = String(36)
_Uid = String(64)
_Word = String(16)


def _goes_with(
    name: str, target: Column[str], *, nullable: bool = False, primary_key: bool = False
) -> Column[str]:
    """A row that goes when what it is about goes."""
    key = ForeignKey(target, ondelete="CASCADE")
    return Column(name, _Id, key, nullable=nullable, primary_key=primary_key)


def _somebody(name: str) -> Column[str]:
    """Somebody, until they are no more; the row stays."""
    return Column(name, _Id, ForeignKey(person.c.id, ondelete="SET NULL"))


comment = Table(
    "comment",
    metadata,
    Column("id", _Id, primary_key=True),
    _goes_with("case_id", medical_case.c.id),
    # The first comment of the thread; of that one, itself.
    Column("thread", _Id, nullable=False),
    Column("parent", _Id, ForeignKey("comment.id", ondelete="CASCADE")),
    # 0 for the first of a thread.
    Column("depth", Integer, nullable=False),
    _somebody("author"),
    # As it is kept: a person who is mentioned is `@[p:<id>]`. None once it is gone.
    Column("markdown", Text),
    Column("is_spoiler", Boolean, nullable=False, server_default=false()),
    # Why the text is gone: `author_deleted`, `moderated`, `erased`; empty while it is there.
    Column("tombstone", _Word, nullable=False, server_default=""),
    # The text is there, and nobody is shown it until it is decided about.
    Column("is_held", Boolean, nullable=False, server_default=false()),
    Column("created_at", Utc, nullable=False),
    Column("edited_at", Utc),
    # One more with each change of the text.
    Column("version", Integer, nullable=False, server_default="1"),
    # How many people found it helpful; counted again with each vote.
    Column("helpful", Integer, nullable=False, server_default="0"),
)
Index(None, comment.c.case_id, comment.c.depth, comment.c.id)
Index(None, comment.c.thread, comment.c.id)
Index(None, comment.c.parent)
Index(None, comment.c.author, comment.c.id)

# A text as it was before it was changed; the present one is in `comment`.
comment_revision = Table(
    "comment_revision",
    metadata,
    _goes_with("comment", comment.c.id, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("markdown", Text, nullable=False),
    # When it was written.
    Column("at", Utc, nullable=False),
)

comment_mention = Table(
    "comment_mention",
    metadata,
    _goes_with("comment", comment.c.id, primary_key=True),
    _goes_with("person", person.c.id, primary_key=True),
)
Index(None, comment_mention.c.person)

# Who found a comment helpful.
comment_vote = Table(
    "comment_vote",
    metadata,
    _goes_with("comment", comment.c.id, primary_key=True),
    _goes_with("person", person.c.id, primary_key=True),
)
Index(None, comment_vote.c.person)

# The reading of a case that its owner says is the right one.
accepted_read = Table(
    "accepted_read",
    metadata,
    _goes_with("case_id", medical_case.c.id, primary_key=True),
    _goes_with("comment", comment.c.id),
    Column("at", Utc, nullable=False),
    UniqueConstraint("comment"),
)

# The spot in an image that a comment is about.
comment_anchor = Table(
    "comment_anchor",
    metadata,
    _goes_with("comment", comment.c.id, primary_key=True),
    Column("collection", String(48), nullable=False),
    Column("study_instance_uid", _Uid, nullable=False),
    Column("series_instance_uid", _Uid, nullable=False),
    Column("sop_instance_uid", _Uid, nullable=False),
    # From 1.
    Column("frame", Integer, nullable=False),
    # Left, top, width and height as fractions of the frame; a spot has no size.
    Column("region_x", Float),
    Column("region_y", Float),
    Column("region_w", Float),
    Column("region_h", Float),
    Column("window_center", Float),
    Column("window_width", Float),
)
Index(None, comment_anchor.c.study_instance_uid)

# Whether the comment lies beside its study as a DICOM report, and under which name.
comment_report = Table(
    "comment_report",
    metadata,
    _goes_with("comment", comment.c.id, primary_key=True),
    Column("series_instance_uid", _Uid, nullable=False),
    Column("sop_instance_uid", _Uid, nullable=False, unique=True),
    Column("stored_at", Utc, nullable=False),
)

# Whom and what somebody wants to hear of. `target` is an id, or the name of a specialty.
follow = Table(
    "follow",
    metadata,
    _goes_with("person", person.c.id, primary_key=True),
    Column("kind", _Word, primary_key=True),
    Column("target", _Id, primary_key=True),
    Column("at", Utc, nullable=False),
)
Index(None, follow.c.kind, follow.c.target)

# That something happened which somebody wants to hear of. Never what: that is looked up when it
# is shown, as far as they may know it then.
notification = Table(
    "notification",
    metadata,
    Column("id", _Id, primary_key=True),
    _goes_with("person", person.c.id),
    Column("kind", _Word, nullable=False),
    _goes_with("case_id", medical_case.c.id, nullable=True),
    _goes_with("comment", comment.c.id, nullable=True),
    # Who did it.
    _goes_with("actor", person.c.id, nullable=True),
    Column("at", Utc, nullable=False),
    Column("read_at", Utc),
)
Index(None, notification.c.person, notification.c.id)
Index(None, notification.c.person, notification.c.read_at)
Index(None, notification.c.case_id)
Index(None, notification.c.comment)
Index(None, notification.c.actor)

# Of what somebody wants mail, and to which of the addresses that their providers told.
mail_choice = Table(
    "mail_choice",
    metadata,
    _goes_with("person", person.c.id, primary_key=True),
    # The identity whose address it is; without it there is no mail.
    Column("identity", _Id, ForeignKey("identity.id", ondelete="SET NULL")),
    # Kinds of notifications with a space between them.
    Column("kinds", Text, nullable=False, server_default=""),
)
Index(None, mail_choice.c.identity)

# A mail that is to be sent, or was; what it says is looked up when it is sent.
mail_out = Table(
    "mail_out",
    metadata,
    _goes_with("notification", notification.c.id, primary_key=True),
    # `waiting`, `sent`, `dropped`.
    Column("state", _Word, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    # Not before.
    Column("due_at", Utc, nullable=False),
    # Of the link in it that stops further ones.
    Column("secret_sha256", LargeBinary(32), unique=True),
)
Index(None, mail_out.c.state, mail_out.c.due_at)
