"""The tables of the index. Their columns and constraints, and no behaviour.

An instance row exists only for an instance that is stored whole: there is no
row state that a reader must know to leave out. While bytes are on their way in,
their keys stand in `loose_object`, and so do the keys of what was replaced or
erased; see docs/decisions/0001-loose-objects.md.

The search columns of `study`, `series` and `instance` are made from
`archive.attributes`, the one table of indexed attributes.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from archive.attributes import Level, search_columns
from archive.moments import Utc

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite makes row numbers by itself only for a column of type INTEGER.
_Id = BigInteger().with_variant(Integer, "sqlite")
_Uid = String(64)

# By code points, as SQLite and Python compare: ranges and prefixes are ranges of a b-tree.
_Comparable = Text().with_variant(Text(collation="C"), "postgresql")


def _search_columns(level: Level) -> list[Column[str]]:
    """One text column an indexed attribute; an absent value is the empty text."""
    return [
        Column(name, _Comparable, nullable=False, server_default="")
        for name in search_columns(level)
    ]


collection = Table(
    "collection",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("ae_title", String(16), unique=True),
    Column("duplicate_rule", String(16), nullable=False),
    Column("ingest", String(16), nullable=False),
    Column("hidden", Boolean, nullable=False, server_default=false()),
    Column("quarantine_id", _Id, ForeignKey("collection.id")),
)

study = Table(
    "study",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("collection_id", _Id, ForeignKey("collection.id"), nullable=False),
    Column("study_instance_uid", _Uid, nullable=False),
    # Raised by every change of what the study holds; the study is unprocessed
    # while `processed_revision` is behind: the state is the outbox.
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("processed_revision", Integer, nullable=False, server_default="0"),
    Column("changed_at", Utc, nullable=False),
    Column("number_of_series", Integer, nullable=False, server_default="0"),
    Column("number_of_instances", Integer, nullable=False, server_default="0"),
    # Several values are spelled as `archive.values.encode` spells them.
    Column("modalities_in_study", Text, nullable=False, server_default=""),
    Column("sop_classes_in_study", Text, nullable=False, server_default=""),
    # The study's own attributes as a DICOM JSON object, and whose they are.
    Column("document", LargeBinary, nullable=False),
    Column("document_from", _Uid, nullable=False),
    *_search_columns(Level.STUDY),
    UniqueConstraint("collection_id", "study_instance_uid"),
)
Index(
    "ix_study_unprocessed",
    study.c.changed_at,
    sqlite_where=text("revision <> processed_revision"),
    postgresql_where=text("revision <> processed_revision"),
)

series = Table(
    "series",
    metadata,
    Column("id", _Id, primary_key=True),
    # The study's, kept here too: indexes of searches over all series begin with it.
    Column("collection_id", _Id, ForeignKey("collection.id"), nullable=False),
    Column("study_id", _Id, ForeignKey("study.id"), nullable=False),
    Column("series_instance_uid", _Uid, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("number_of_instances", Integer, nullable=False, server_default="0"),
    Column("document", LargeBinary, nullable=False),
    Column("document_from", _Uid, nullable=False),
    *_search_columns(Level.SERIES),
    UniqueConstraint("study_id", "series_instance_uid"),
)
Index(None, series.c.series_instance_uid)

instance = Table(
    "instance",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("collection_id", _Id, ForeignKey("collection.id"), nullable=False),
    Column("study_id", _Id, ForeignKey("study.id"), nullable=False),
    Column("series_id", _Id, ForeignKey("series.id"), nullable=False),
    Column("sop_instance_uid", _Uid, nullable=False),
    Column("sop_class_uid", _Uid, nullable=False),
    Column("transfer_syntax_uid", _Uid, nullable=False),
    Column("version", String(32), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("number_of_frames", Integer, nullable=False),
    Column("stored_at", Utc, nullable=False),
    *_search_columns(Level.INSTANCE),
    UniqueConstraint("collection_id", "sop_instance_uid"),
)
Index(None, instance.c.series_id, instance.c.id)
Index(None, instance.c.study_id, instance.c.id)

# Apart from `instance`, so that a search never reads past megabytes of these.
instance_document = Table(
    "instance_document",
    metadata,
    Column(
        "instance_id",
        _Id,
        ForeignKey("instance.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("document", LargeBinary, nullable=False),
    Column("frame_table", LargeBinary),
    Column("bulk_map", LargeBinary),
)

# One object for each series: its text as it is, deflated, and as zstd, one after the other
# (`archive.metadata_files`).
kept_metadata = Table(
    "kept_metadata",
    metadata,
    Column(
        "series_id",
        _Id,
        ForeignKey("series.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("revision", Integer, nullable=False),
    Column("etag", String(64), nullable=False),
    Column("root_url", Text, nullable=False),
    Column("object_key", String(128), nullable=False),
    Column("plain_size", BigInteger, nullable=False),
    Column("gzip_size", BigInteger, nullable=False),
    Column("zstd_size", BigInteger, nullable=False),
    Column("crc32", BigInteger, nullable=False),
)

thumbnail = Table(
    "thumbnail",
    metadata,
    Column("series_id", _Id, ForeignKey("series.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("media_type", String(32), nullable=False),
    Column("object_key", String(128), nullable=False),
)

# Every key that no row of the above names, or may not name yet.
loose_object = Table(
    "loose_object",
    metadata,
    Column("object_key", String(128), primary_key=True),
    Column("since", Utc, nullable=False),
    # Taken by a sweep: from here on nobody may adopt the key any more.
    Column("condemned", Boolean, nullable=False, server_default=false()),
)
Index(None, loose_object.c.since)

# What was erased: '' stands for "all of it" at the levels below.
tombstone = Table(
    "tombstone",
    metadata,
    Column("collection_id", _Id, ForeignKey("collection.id"), primary_key=True),
    Column("study_instance_uid", _Uid, primary_key=True),
    Column("series_instance_uid", _Uid, primary_key=True),
    Column("sop_instance_uid", _Uid, primary_key=True),
    Column("erased_at", Utc, nullable=False),
    # Anybody could read it, so anybody may be told that it is gone.
    Column("was_public", Boolean, nullable=False, server_default=false()),
)

# What identified somebody and may not come back, by the SHA-256 of the UID that it had here.
blocked_instance = Table(
    "blocked_instance",
    metadata,
    Column("collection_id", _Id, ForeignKey("collection.id"), primary_key=True),
    Column("uid_sha256", LargeBinary(32), primary_key=True),
    Column("at", Utc, nullable=False),
)

# Who may read a study that nobody's grant covers: an audience is a short text that means nothing
# here but `public`. Kept by UID, and taken away with the study.
share = Table(
    "share",
    metadata,
    Column("collection_id", _Id, ForeignKey("collection.id"), primary_key=True),
    Column("study_instance_uid", _Uid, primary_key=True),
    Column("audience", String(64), primary_key=True),
)
Index(None, share.c.audience, share.c.collection_id, share.c.study_instance_uid)

# What nobody is shown for as long as a reason stands, whoever they are.
study_hold = Table(
    "study_hold",
    metadata,
    Column("collection_id", _Id, ForeignKey("collection.id"), primary_key=True),
    Column("study_instance_uid", _Uid, primary_key=True),
    Column("reason", String(16), primary_key=True),
    # A principal's name; nothing of somebody who is no more.
    Column("held_by", String(64)),
    Column("at", Utc, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("grants", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("revoked_at", Utc),
    # Whose it is: it can do no more than they may at the moment. Null of those that operators make.
    Column("person", String(36), index=True),
)

peer = Table(
    "peer",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("ae_title", String(16), nullable=False),
    Column("network", String(64), nullable=False),
    Column("grants", Text, nullable=False),
    UniqueConstraint("ae_title", "network"),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("collection", String(64), nullable=False),
    Column("study_instance_uid", _Uid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("task", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("failed_at", Utc, nullable=False),
    UniqueConstraint("collection", "study_instance_uid", "task"),
)

# Requests to answer for the safekeeping of instances; `result` is null while it is worked out.
commitment = Table(
    "commitment",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("collection_id", _Id, ForeignKey("collection.id"), nullable=False),
    Column("transaction_uid", _Uid, nullable=False),
    Column("principal", Text, nullable=False),
    Column("requested_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("result", LargeBinary),
    UniqueConstraint("collection_id", "transaction_uid"),
)
Index(None, commitment.c.expires_at)

# What is done with what a collection receives; only those that de-identify have one.
policy = Table(
    "policy",
    metadata,
    Column(
        "collection_id",
        _Id,
        ForeignKey("collection.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    # Names of `imaging.deidentify.profile.Option`, with commas.
    Column("options", Text, nullable=False),
    # Empty: as received.
    Column("stored_syntax", String(64), nullable=False),
    Column("keep_original_s", Integer, nullable=False),
    Column("keep_rejected_s", Integer, nullable=False),
    Column("review", String(16), nullable=False),
)

# A study on its way from quarantine into the collection, and what became of it. Nothing here
# leads back to the original: `study_instance_uid` is the new one, `token` is derived from it.
upload = Table(
    "upload",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("token", String(32), nullable=False, unique=True),
    Column("collection_id", _Id, ForeignKey("collection.id"), nullable=False),
    Column("study_instance_uid", _Uid, nullable=False),
    Column("key_id", String(32), nullable=False),
    # By what its patient is known again, derived from that key; empty of older ones.
    Column("patient", String(64), nullable=False, server_default=""),
    # The person from whose keys its names are made (`archive.destinations`); empty: nobody's own.
    Column("owner", String(36), nullable=False, server_default=""),
    Column("state", String(16), nullable=False),
    # On which basis it is being cleaned (`cleaned_instance.basis`); empty while nobody has begun.
    Column("basis", String(64), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("instances", Integer, nullable=False, server_default="0"),
    Column("cleaned", Integer, nullable=False, server_default="0"),
    Column("published", Integer, nullable=False, server_default="0"),
    # Names of principals, spelled as `archive.values.encode` spells several values.
    Column("senders", Text, nullable=False, server_default=""),
    Column("receipt", LargeBinary),
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    UniqueConstraint("collection_id", "study_instance_uid"),
)
Index(None, upload.c.state, upload.c.changed_at)
Index(None, upload.c.collection_id, upload.c.patient)

# Which studies of the quarantine an upload is made of; goes with the originals.
quarantined = Table(
    "quarantined",
    metadata,
    Column(
        "study_id",
        _Id,
        ForeignKey("study.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("upload_id", _Id, ForeignKey("upload.id", ondelete="CASCADE"), nullable=False),
)
Index(None, quarantined.c.upload_id)

# How far each original is; goes with it. Holds all that publishing needs, so that a worker that
# died has lost nothing: the object, and the columns and documents of its rows.
cleaned_instance = Table(
    "cleaned_instance",
    metadata,
    Column(
        "instance_id",
        _Id,
        ForeignKey("instance.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("upload_id", _Id, ForeignKey("upload.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(16), nullable=False),
    # What it was made from and how: another basis, and it is made again.
    Column("basis", String(64), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("version", String(32)),
    Column("object_key", String(128)),
    Column("evidence", LargeBinary),
    Column("facts", LargeBinary),
    Column("study_document", LargeBinary),
    Column("series_document", LargeBinary),
    Column("document", LargeBinary),
    Column("frame_table", LargeBinary),
    Column("bulk_map", LargeBinary),
    # Boxes that are proposed, and what a reviewer decided.
    Column("proposed", LargeBinary),
    Column("decision", LargeBinary),
    Column("changed_at", Utc, nullable=False),
)
Index(None, cleaned_instance.c.upload_id, cleaned_instance.c.instance_id)

# Which process works on which original, and until when it is believed to; see `archive.claims`.
claim = Table(
    "claim",
    metadata,
    Column(
        "instance_id",
        _Id,
        ForeignKey("instance.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    # Empty: given back.
    Column("holder", String(128), nullable=False),
    Column("until", Utc, nullable=False),
    # How many holders were lost over it.
    Column("lost", Integer, nullable=False),
)
