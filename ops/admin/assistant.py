"""`assistant status|stop|start|calls`: whether a text service helps, and what it was told."""

from __future__ import annotations

import argparse

from archive.database import reading
from community.assisting import history, rows
from community.assisting.settings import AssistantSettings
from ops.admin.opening import Subparsers, command, group, opened, table


def register(commands: Subparsers) -> None:
    """Add the group to the parser."""
    inner = group(commands, "assistant", "see and stop what a text service is told")
    command(inner, "status", "say whether it is on", _status)
    command(inner, "stop", "have it told nothing from now on, until it is started", _stop)
    command(inner, "start", "let it go on", _start)
    parser = command(inner, "calls", "list what it was told: fields and a hash, no text", _calls)
    parser.add_argument("--limit", type=int, default=50, help="how many of the latest")


def _status(_: argparse.Namespace) -> int:
    settings = AssistantSettings.from_environment()
    with opened() as archive, reading(archive.engine) as connection:
        is_stopped = rows.is_stopped(connection)
    if settings is None:
        print("off: no key is set")
    elif is_stopped:
        print("stopped; `assistant start` lets it go on")
    else:
        print(f"on: {settings.model}, {settings.tier} tier")
    return 0


def _stop(_: argparse.Namespace) -> int:
    with opened() as archive:
        history.stop(archive)
    print("Stopped. What is asked for waits.")
    return 0


def _start(_: argparse.Namespace) -> int:
    with opened() as archive:
        history.start(archive)
    print("It goes on.")
    return 0


def _calls(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        listed = [
            (
                f"{call.at:%Y-%m-%d %H:%M:%S}",
                call.case_id or "-",
                call.tier,
                call.model,
                call.outcome,
                call.sha256[:16],
                ",".join(call.fields),
            )
            for call in history.list_calls(archive, limit=max(1, arguments.limit))
        ]
    print(table(listed, ("AT", "CASE", "TIER", "MODEL", "OUTCOME", "HASH", "FIELDS")))
    return 0
