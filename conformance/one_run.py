"""One run from options to a `Run`, and a `Run` to files."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from conformance.claims.reading import Claims, claims_source, read_claims
from conformance.clients import checks_for
from conformance.corpus.corpus import corpus_of
from conformance.known import Known
from conformance.model import Run, Timed
from conformance.options import target_of
from conformance.registry import Check, Registry
from conformance.reports.as_html import to_html
from conformance.reports.as_json import to_json
from conformance.reports.as_junit import to_junit
from conformance.reports.badge import to_badge
from conformance.reports.console import Console
from conformance.reports.matrix import matrix_for, traced
from conformance.running import run_checks
from conformance.seeding import prepare
from conformance.smoke import REQUESTS, read_thresholds, timings
from conformance.wire.server import Server, ServerGone
from conformance.wire.shown import Redaction
from conformance.wire.target import TargetError


def chosen_checks(options: argparse.Namespace, registry: Registry) -> list[Check]:
    """The checks that the options ask for.

    Raises
    ------
    ValueError
        There is none.
    """
    patterns = [*options.only, *(checks_for(options.client) if options.client else [])]
    checks = registry.chosen(patterns)
    if not checks:
        raise ValueError(f"no check begins with {', '.join(options.only)}")
    return checks


def run_against(
    base: str, options: argparse.Namespace, checks: Sequence[Check], console: Console
) -> Run:
    """Run checks against a server.

    Raises
    ------
    TargetError
        It cannot be reached.
    """
    target = target_of(options, base)
    thresholds = read_thresholds(options.thresholds) if options.thresholds else {}
    seed = options.seed or secrets.token_hex(4)
    redaction = Redaction(target.secrets, shows_bodies=options.write)
    server = Server(target, redaction, _methods(options))
    began, started = datetime.now(UTC), time.monotonic()
    known = _prepared(server, seed, options, console)
    timed: tuple[Timed, ...] = ()
    if options.smoke or thresholds:
        console.say(f"Timing {len(REQUESTS)} requests …")
        timed = timings(server, known, options.smoke_rounds, thresholds)
    results = run_checks(checks, server, known, console.told)
    server.close()
    return Run(
        target.base,
        options.edition,
        seed,
        "write" if options.write else "read-only",
        known.source.value,
        began.isoformat(timespec="seconds"),
        time.monotonic() - started,
        tuple(results),
        dict(known.notes),
        timings=timed,
    )


def _prepared(server: Server, seed: str, options: argparse.Namespace, console: Console) -> Known:
    try:
        return prepare(
            server,
            corpus_of(seed),
            may_write=options.write,
            settle_s=options.settle,
            edition=options.edition,
            say=console.say,
        )
    except ServerGone as gone:
        raise TargetError(f"{server.target.base} cannot be reached: {gone}") from gone


def claims_of(base: str, options: argparse.Namespace) -> Claims:
    """What the server says of itself, or a file says of it.

    Raises
    ------
    ClaimsError
        It cannot be had or read.
    """
    target = target_of(options, base)
    server = Server(target, Redaction(target.secrets), _methods(options))
    try:
        return read_claims(*claims_source(options.claims, server))
    finally:
        server.close()


def _methods(options: argparse.Namespace) -> frozenset[str]:
    if options.write:
        return frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"})
    return frozenset({"GET", "HEAD", "OPTIONS"} if options.safe_methods else {"GET"})


def write_reports(
    options: argparse.Namespace, runs: Sequence[Run], checks: Sequence[Check]
) -> None:
    """Write the reports that the options ask for; those for machines are of the first run."""
    first = runs[0]
    reports: tuple[tuple[Path | None, Callable[[], str]], ...] = (
        (options.json, lambda: to_json(first)),
        (options.junit, lambda: to_junit(first)),
        (options.html, lambda: to_html(*runs)),
        (options.badge, lambda: to_badge(first)),
        (options.matrix, lambda: matrix_for(options.matrix.name, traced(checks, first), first)),
    )
    for path, text in reports:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text(), "utf-8")
