"""`uploads list|show|retry|approve|reject` and `publish`: studies on their way to the community."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from archive import review, uploads
from archive.access import LOCAL
from archive.archive import Archive, check_database, open_archive
from archive.collections import ARCHIVE, COMMUNITY, get_collection
from archive.errors import NotFound
from archive.promotion import promote
from archive.settings import Settings
from archive.uploads import STATES, Upload
from ops.admin.opening import Subparsers, command, group, opened, table
from ops.broker import running_url
from ops.errors import OperatorError
from worker.announcer import create_announcer
from worker.settings import WorkerSettings

_HEAD = ("ID", "CHANGED", "COLLECTION", "STATE", "CLEAN", "PUBLISHED", "SENT BY", "REASON")


def register(commands: Subparsers) -> None:
    """Add the commands to the parser."""
    inner = group(commands, "uploads", "studies that are de-identified before they are published")
    parser = command(inner, "list", "list them, those that changed last first", _list)
    parser.add_argument("--state", choices=STATES, help="those in this state only")
    parser.add_argument("--collection", help="those of this collection only")
    parser.add_argument("--limit", type=int, default=1_000, help="at most so many (%(default)s)")
    for name, text, run in (
        ("show", "show one, and what a person is asked about it", _show),
        ("receipt", "print what was done to a published study", _receipt),
        ("retry", "work on one again from the beginning", _retry),
        ("approve", "blacken what is proposed and let it be published", _approve),
    ):
        command(inner, name, text, run).add_argument("id", help="as `uploads list` shows it")
    parser = command(inner, "reject", "never publish one, and erase its originals", _reject)
    parser.add_argument("id", help="as `uploads list` shows it")
    parser.add_argument("--reason", required=True, help="for the sender; name no patient")
    parser = command(commands, "publish", "have a study de-identified and published", _publish)
    parser.add_argument("study", help="Study Instance UID")
    parser.add_argument("--from", dest="source", default=ARCHIVE, help="default: %(default)s")
    parser.add_argument("--to", dest="target", default=COMMUNITY, help="default: %(default)s")


def _list(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        limit = max(1, arguments.limit)
        found = uploads.list_uploads(archive, arguments.collection, arguments.state, limit + 1)
    rows = [
        (
            one.token,
            f"{one.changed_at:%Y-%m-%d %H:%M}",
            one.collection,
            one.state,
            f"{one.cleaned}/{one.instances}",
            str(one.published),
            _senders(one),
            one.reason or "-",
        )
        for one in found[:limit]
    ]
    print(table(rows, _HEAD))
    if len(found) > limit:
        print(f"There are more: ask with --limit {10 * limit}, --state or --collection.")
    return 0


def _senders(one: Upload) -> str:
    return ", ".join(sorted(one.senders)) or "-"


def _show(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        one = _found(archive, arguments.id)
        root = get_collection(archive, one.collection).root_path
        asked = review.items(archive, LOCAL, one.token)
        url = f"{archive.settings.public_url}{root}/studies/{one.study_instance_uid}"
    print(f"{one.state}{f': {one.reason}' if one.reason else ''}")
    print(f"study      {url}")
    print(f"instances  {one.instances} received, {one.cleaned} clean, {one.published} published")
    print(f"sent by    {_senders(one)}")
    print(f"key        {one.key_id}")
    for item in asked:
        answer = "left out" if item.left_out else "open" if item.decided is None else "decided"
        print(f"question {item.number}: {item.reason} ({len(item.proposed)} boxes, {answer})")
    return 0


def _receipt(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        said = uploads.receipt(archive, _found(archive, arguments.id))
    print(json.dumps(said, indent=1))
    return 0


def _retry(arguments: argparse.Namespace) -> int:
    with _announcing() as archive:
        review.retry(archive, LOCAL, arguments.id)
    print("To be worked on again.")
    return 0


def _approve(arguments: argparse.Namespace) -> int:
    with _announcing() as archive:
        asked = review.items(archive, LOCAL, arguments.id)
        open_ones = [item for item in asked if item.decided is None and not item.left_out]
        if not open_ones:
            raise OperatorError("Nothing is asked about this upload: see `uploads show`.")
        for item in open_ones:
            review.decide(archive, LOCAL, arguments.id, item.number, item.proposed)
    print(f"Approved {len(open_ones)} of {len(asked)}; the study goes on.")
    return 0


def _reject(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        review.reject(archive, LOCAL, arguments.id, arguments.reason)
    print("Rejected; its originals are erased.")
    return 0


def _publish(arguments: argparse.Namespace) -> int:
    with _announcing() as archive:
        made = promote(archive, LOCAL, arguments.study, arguments.source, arguments.target)
        root = get_collection(archive, arguments.target).root_path
        url = f"{archive.settings.public_url}{root}/studies/{made.study_instance_uid}"
    print(f"Upload {made.upload}: {made.taken} taken, {made.already} there already.")
    print(f"It will be at {url}")
    if made.failed:
        raise OperatorError(f"{made.failed} instances could not be taken.")
    return 0


def _found(archive: Archive, token: str) -> Upload:
    try:
        return uploads.find_upload(archive, LOCAL, token)
    except NotFound as exc:
        raise OperatorError("No such upload: see `python -m ops uploads list`.") from exc


@contextmanager
def _announcing() -> Iterator[Archive]:
    """The archive, told to the queue; without one the sweep finds what is to be done."""
    settings = Settings.from_environment()
    url = settings.broker_url or running_url(settings.home)
    announcer = create_announcer(url, WorkerSettings.from_environment(os.environ))
    archive = open_archive(settings, announcer)
    try:
        check_database(archive)
        yield archive
    finally:
        announcer.send_due(all_of_it=True)
        announcer.close()
        archive.close()
