"""`deadletters list|retry` and `sweep`: work that was given up or forgotten."""

from __future__ import annotations

import argparse
import os

from archive.outbox import clear_dead_letter, list_dead_letters
from archive.settings import Settings
from ops.admin.opening import Subparsers, command, group, opened, table
from ops.broker import running_url
from ops.errors import EXIT_USAGE, OperatorError
from worker.application import QUEUE, SWEEP, create_app
from worker.settings import WorkerSettings


def register(commands: Subparsers) -> None:
    """Add the commands to the parser."""
    inner = group(commands, "deadletters", "studies whose work was given up")
    command(inner, "list", "list them, newest first", _list)
    parser = command(inner, "retry", "let the next sweep take them up again", _retry)
    parser.add_argument("ids", type=int, nargs="*", metavar="ID", help="their numbers in the list")
    parser.add_argument("--all", action="store_true", help="all of them")
    command(commands, "sweep", "have a worker sweep now instead of at its next turn", _sweep)


def _list(_: argparse.Namespace) -> int:
    with opened() as archive:
        rows = [
            (
                str(letter.id),
                f"{letter.failed_at:%Y-%m-%d %H:%M}",
                letter.announcement.collection,
                letter.announcement.study_instance_uid,
                letter.reason,
            )
            for letter in list_dead_letters(archive)
        ]
    print(table(rows, ("ID", "SINCE", "COLLECTION", "STUDY", "REASON")))
    return 0


def _retry(arguments: argparse.Namespace) -> int:
    if bool(arguments.ids) == arguments.all:
        raise OperatorError("Name dead letters by their numbers, or --all.", EXIT_USAGE)
    with opened() as archive:
        wanted = arguments.ids or [letter.id for letter in list_dead_letters(archive)]
        unknown = [number for number in wanted if not clear_dead_letter(archive, number)]
    if unknown and arguments.ids:
        numbers = ", ".join(map(str, unknown))
        raise OperatorError(f"No such dead letter: {numbers}. See `deadletters list`.")
    print(f"{len(wanted)} to be tried again at the next sweep.")
    return 0


def _sweep(_: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    url = settings.broker_url or running_url(settings.home)
    if url is None:
        raise OperatorError("No queue: the server does not run, or DICOMTUBE_BROKER_URL is unset.")
    app = create_app(url, WorkerSettings.from_environment(os.environ))
    try:
        app.send_task(SWEEP, queue=QUEUE, retry=False)
    except Exception as exc:  # the transport raises its own library's kinds
        raise OperatorError(f"The queue does not answer ({type(exc).__name__}).") from exc
    print("Asked for a sweep; its outcome is in the worker's log.")
    return 0
