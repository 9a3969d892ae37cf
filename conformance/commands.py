"""Commands that run nothing: ``features``, ``claims``, ``tables``, ``explain``, ``pages``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from conformance.claims.comparing import compared
from conformance.claims.reading import read_claims
from conformance.claims.rows import FEATURES
from conformance.claims.statement import to_statement
from conformance.model import ClaimVerdict
from conformance.pages import families_of, page, places_of, write_pages
from conformance.registry import load_checks
from conformance.reports.as_json import read_report


def add_commands(commands: Any) -> None:
    """Add them to a parser's commands."""
    features = commands.add_parser("features", help="what profiles of claims may name")
    features.set_defaults(act=_features)
    claims = commands.add_parser("claims", help="what a server claims beside a JSON report")
    claims.add_argument("report", type=Path)
    claims.add_argument("source", type=Path, help="WADL, OpenAPI, capabilities, or a profile")
    claims.set_defaults(act=_claims)
    tables = commands.add_parser("tables", help="the tables of a conformance statement, Markdown")
    tables.add_argument("report", type=Path)
    tables.set_defaults(act=_tables)
    explain = commands.add_parser("explain", help="the page of one check, on the terminal")
    explain.add_argument("check")
    explain.add_argument("--plugin", action="append", default=[], metavar="MODULE")
    explain.set_defaults(act=_explain)
    pages = commands.add_parser("pages", help="a page in Markdown for every check")
    pages.add_argument("folder", type=Path)
    pages.add_argument("--plugin", action="append", default=[], metavar="MODULE")
    pages.set_defaults(act=_pages)


def _features(_: argparse.Namespace) -> int:
    for one in FEATURES:
        print(f"{one.id}\t{one.name}\t{' '.join(one.checks)}")
    return 0


def _claims(options: argparse.Namespace) -> int:
    claims = read_claims(options.source.read_bytes(), str(options.source))
    run = compared(read_report(options.report), claims)
    for one in run.claims:
        print(f"{one.verdict.value}: {one.name}: {one.words}")
    errors = sum(one.verdict is ClaimVerdict.ERROR for one in run.claims)
    print(f"{len(run.claims)} claims and features, {errors} errors.")
    return 1 if errors else 0


def _tables(options: argparse.Namespace) -> int:
    print(to_statement(read_report(options.report)), end="")
    return 0


def _explain(options: argparse.Namespace) -> int:
    checks = load_checks(options.plugin).all()
    families = families_of(checks)
    places = places_of(families)
    for name, family in families.items():
        if options.check == name or any(one.id == options.check for one in family):
            print(page(name, family, places), end="")
            return 0
    raise ValueError(f"there is no check {options.check!r}; see 'conformance list'")


def _pages(options: argparse.Namespace) -> int:
    count = write_pages(options.folder, load_checks(options.plugin).all())
    print(f"{count} pages in {options.folder}; begin at {options.folder / 'README.md'}")
    return 0
