"""The command line: ``run``, ``list``, ``dump``. Options become values here, and nowhere else.

Exit status: 0 all that is demanded holds, 1 something does not, 2 the run could not be made.
"""

from __future__ import annotations

import argparse
import base64
import secrets
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from conformance.catalogue import CATALOGUE
from conformance.corpus.corpus import corpus_of
from conformance.model import EDITIONS, Outcome, Run
from conformance.registry import load_checks
from conformance.reports.as_json import to_json
from conformance.reports.console import Console
from conformance.running import run_checks
from conformance.seeding import prepare
from conformance.version import VERSION
from conformance.wire.server import Server, ServerGone
from conformance.wire.shown import Redaction
from conformance.wire.target import Target, TargetError, default_timeout_s

HELD, FAILED, NO_RUN = 0, 1, 2
read_only_rate: Final = 10.0
"""Requests a second that a server in production is asked at most, unless told otherwise."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.act(options))
    except (TargetError, ImportError, OSError, ValueError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return NO_RUN
    except KeyboardInterrupt:
        print("conformance: interrupted", file=sys.stderr)
        return NO_RUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "conformance", description="Checks a DICOMweb server against PS3.18, from outside."
    )
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="check a server"))
    listing = commands.add_parser("list", help="name every check and its requirements")
    listing.add_argument("--only", action="append", default=[], metavar="PREFIX")
    listing.add_argument("--plugin", action="append", default=[], metavar="MODULE")
    listing.set_defaults(act=_list)
    dump = commands.add_parser("dump", help="write the instances as files, to send by C-STORE")
    dump.add_argument("folder", type=Path)
    dump.add_argument("--seed", required=True)
    dump.set_defaults(act=_dump)
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.set_defaults(act=_run)
    run.add_argument("--base", required=True, metavar="URL", help="below which /studies lies")
    run.add_argument("--wado-uri", metavar="URL", help="address of the URI service")
    run.add_argument("--write", action="store_true", help="store the runner's own instances first")
    run.add_argument("--safe-methods", action="store_true", help="send HEAD and OPTIONS too")
    run.add_argument("--seed", help="names the instances: the same seed makes the same UIDs")
    run.add_argument("--settle", type=float, default=30.0, metavar="S", help="wait after storing")
    run.add_argument("--edition", choices=EDITIONS, default=EDITIONS[-1])
    run.add_argument("--only", action="append", default=[], metavar="PREFIX")
    run.add_argument("--plugin", action="append", default=[], metavar="MODULE")
    run.add_argument("--rate", type=float, metavar="N", help="requests a second at most")
    run.add_argument("--timeout", type=float, default=default_timeout_s, metavar="S")
    run.add_argument("--quiet", action="store_true")
    run.add_argument("--json", type=Path, metavar="FILE")
    access = run.add_argument_group("getting in")
    access.add_argument("--bearer", metavar="TOKEN")
    access.add_argument("--basic", metavar="USER:PASSWORD")
    access.add_argument("--header", action="append", default=[], metavar="NAME:VALUE")
    access.add_argument("--ca", type=Path, metavar="FILE", help="certificates to trust")
    access.add_argument("--cert", type=Path, metavar="FILE", help="client certificate")
    access.add_argument("--key", type=Path, metavar="FILE", help="its key, when in another file")
    access.add_argument("--insecure", action="store_true", help="trust any certificate")


def _target(options: argparse.Namespace) -> Target:
    headers, hidden = [("User-Agent", f"dicom-conformance/{VERSION}")], []
    if options.bearer:
        headers.append(("Authorization", f"Bearer {options.bearer}"))
        hidden.append(options.bearer)
    if options.basic:
        word = base64.b64encode(options.basic.encode()).decode()
        headers.append(("Authorization", f"Basic {word}"))
        hidden += [word, options.basic.partition(":")[2]]
    for line in options.header:
        name, colon, value = line.partition(":")
        if not colon:
            raise TargetError(f"--header takes NAME:VALUE, not {line!r}")
        headers.append((name.strip(), value.strip()))
        hidden.append(value.strip())
    rate = options.rate if options.rate is not None else 0.0 if options.write else read_only_rate
    return Target(
        options.base,
        options.wado_uri,
        tuple(headers),
        tuple(hidden),
        options.timeout,
        rate,
        options.ca,
        (options.cert, options.key) if options.cert else None,
        options.insecure,
    )


def _methods(options: argparse.Namespace) -> frozenset[str]:
    if options.write:
        return frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"})
    return frozenset({"GET", "HEAD", "OPTIONS"} if options.safe_methods else {"GET"})


def _run(options: argparse.Namespace) -> int:
    console = Console(quiet=options.quiet)
    checks = load_checks(options.plugin).chosen(options.only)
    if not checks:
        raise ValueError(f"no check begins with {', '.join(options.only)}")
    target = _target(options)
    seed = options.seed or secrets.token_hex(4)
    redaction = Redaction(target.secrets, shows_bodies=options.write)
    server = Server(target, redaction, _methods(options))
    began, started = datetime.now(UTC), time.monotonic()
    try:
        known = prepare(
            server,
            corpus_of(seed),
            may_write=options.write,
            settle_s=options.settle,
            edition=options.edition,
            say=console.say,
        )
    except ServerGone as gone:
        raise TargetError(f"{target.base} cannot be reached: {gone}") from gone
    results = run_checks(checks, server, known, console.told)
    server.close()
    run = Run(
        target.base,
        options.edition,
        seed,
        "write" if options.write else "read-only",
        known.source.value,
        began.isoformat(timespec="seconds"),
        time.monotonic() - started,
        tuple(results),
        dict(known.notes),
    )
    console.end(run)
    if options.json:
        options.json.write_text(to_json(run), "utf-8")
    return exit_status(run)


def exit_status(run: Run) -> int:
    """What a run comes to for whoever called it."""
    counts = run.counts()
    if counts[Outcome.ERROR]:
        return NO_RUN
    return FAILED if counts[Outcome.FAIL] else HELD


def _list(options: argparse.Namespace) -> int:
    for one in load_checks(options.plugin).chosen(options.only):
        print(f"{one.id}: {one.title}")
        for name in one.requirements:
            row = CATALOGUE[name]
            print(f"    {name} ({row.level}, {row.part} {row.section}): {row.title}")
    return HELD


def _dump(options: argparse.Namespace) -> int:
    count = sum(1 for _ in corpus_of(options.seed).dump(options.folder))
    print(f"{count} files in {options.folder}; send them, then run with --seed {options.seed}")
    return HELD
