"""The command line: ``run``, ``list``, ``dump``, ``diff``, ``matrix``, ``clients``, ``prove``.

Exit status: 0 all that is demanded holds, 1 something does not, 2 the run could not be made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from conformance.beside import add_beside
from conformance.catalogue import CATALOGUE
from conformance.claims.comparing import compared
from conformance.clients import CLIENTS, verdicts
from conformance.commands import add_commands
from conformance.corpus.corpus import corpus_of
from conformance.mock.defects import DEFECTS
from conformance.mock.proving import Proof, prove
from conformance.model import ClaimVerdict, Outcome, Run
from conformance.one_run import chosen_checks, claims_of, run_against, write_reports
from conformance.options import add_run_options
from conformance.registry import load_checks
from conformance.reports.as_json import read_report
from conformance.reports.comparing import Change, changes, read_waivers, regressions, waived
from conformance.reports.console import Console
from conformance.reports.matrix import to_csv, traced
from conformance.version import VERSION
from conformance.wire.target import TargetError

HELD, FAILED, NO_RUN = 0, 1, 2


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
    run = commands.add_parser("run", help="check a server")
    run.set_defaults(act=_run)
    add_run_options(run)
    for name, act, words in (
        ("list", _list, "name every check and its requirements"),
        ("matrix", _matrix, "every requirement with its checks, as CSV"),
    ):
        one = commands.add_parser(name, help=words)
        one.add_argument("--only", action="append", default=[], metavar="PREFIX")
        one.add_argument("--plugin", action="append", default=[], metavar="MODULE")
        one.set_defaults(act=act)
    dump = commands.add_parser("dump", help="write the instances as files, to send by C-STORE")
    dump.add_argument("folder", type=Path)
    dump.add_argument("--seed", required=True)
    dump.set_defaults(act=_dump)
    diff = commands.add_parser("diff", help="what two JSON reports differ in")
    diff.add_argument("before", type=Path)
    diff.add_argument("after", type=Path)
    diff.set_defaults(act=_diff)
    add_commands(commands)
    add_beside(commands)
    clients = commands.add_parser("clients", help="what clients need, and whether a report has it")
    clients.add_argument("report", type=Path, nargs="?")
    clients.set_defaults(act=_clients)
    proof = commands.add_parser(
        "prove", help="hold the runner to a server that is wrong on purpose"
    )
    proof.add_argument("defect", nargs="*", help="all, when none is named")
    proof.set_defaults(act=_prove)
    return parser


def _run(options: argparse.Namespace) -> int:
    console = Console(quiet=options.quiet)
    registry = load_checks(options.plugin)
    checks = chosen_checks(options, registry)
    waivers = read_waivers(options.waivers) if options.waivers else ()
    baseline = read_report(options.baseline) if options.baseline else None
    claims = claims_of(options.base, options) if options.claims else None
    today = datetime.now(UTC).date()
    bases = [options.base, *([options.against] if options.against else [])]
    runs = []
    for base in bases:
        run = waived(run_against(base, options, checks, console), waivers, today)
        if claims is not None and base == options.base:
            run = compared(run, claims)
        console.end(run)
        runs.append(run)
    write_reports(options, runs, registry.all())
    if baseline is not None:
        return _compared(baseline, runs[0], console)
    return exit_status(runs[0])


def _compared(baseline: Run, run: Run, console: Console) -> int:
    worse = regressions(changes(baseline, run))
    for one in worse:
        console.say(f"worse than the baseline: {_told(one)}")
    if not worse:
        console.say("Nothing is worse than the baseline.")
    return FAILED if worse else HELD


def exit_status(run: Run) -> int:
    """What a run comes to for whoever called it."""
    counts = run.counts()
    if counts[Outcome.ERROR]:
        return NO_RUN
    claimed_wrongly = any(one.verdict is ClaimVerdict.ERROR for one in run.claims)
    too_slow = any(one.is_too_slow for one in run.timings)
    return FAILED if counts[Outcome.FAIL] or claimed_wrongly or too_slow else HELD


def _list(options: argparse.Namespace) -> int:
    for one in load_checks(options.plugin).chosen(options.only):
        print(f"{one.id}: {one.title}")
        for name in one.requirements:
            row = CATALOGUE[name]
            print(f"    {name} ({row.level}, {row.part} {row.section}): {row.title}")
    return HELD


def _matrix(options: argparse.Namespace) -> int:
    print(to_csv(traced(load_checks(options.plugin).chosen(options.only))), end="")
    return HELD


def _dump(options: argparse.Namespace) -> int:
    count = sum(1 for _ in corpus_of(options.seed).dump(options.folder))
    print(f"{count} files in {options.folder}; send them, then run with --seed {options.seed}")
    return HELD


def _diff(options: argparse.Namespace) -> int:
    found = changes(read_report(options.before), read_report(options.after))
    for one in found:
        print(_told(one))
    print(f"{len(found)} checks differ.")
    return FAILED if regressions(found) else HELD


def _told(one: Change) -> str:
    before, after = (side.value if side else "not run" for side in (one.before, one.after))
    return f"{before} → {after}  {one.check}: {one.title}"


def _clients(options: argparse.Namespace) -> int:
    if options.report is None:
        for client, prefixes in CLIENTS.items():
            print(f"{client}: {' '.join(prefixes)}")
        return HELD
    found = verdicts(read_report(options.report))
    words = {True: "go", False: "no-go", None: "too little decided"}
    for client, verdict in found.items():
        print(f"{client}: {words[verdict]}")
    return FAILED if False in found.values() else HELD


def _prove(options: argparse.Namespace) -> int:
    wrong = prove(options.defect or list(DEFECTS), load_checks().all(), _told_proof)
    for one in wrong:
        print(f"does not hold: {one}")
    print(
        "Every defect is noticed by exactly its checks." if not wrong else f"{len(wrong)} do not."
    )
    return FAILED if wrong else HELD


def _told_proof(proof: Proof, number: int, count: int) -> None:
    print(f"{number}/{count} {'✓' if proof.holds else '✗'} {proof}", flush=True)
