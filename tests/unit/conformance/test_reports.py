"""Reports: made of a run alone, and telling what it found."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.clients import verdicts
from conformance.model import Evidence, Outcome, Result, Run, Severity
from conformance.registry import load_checks
from conformance.reports.as_html import to_html
from conformance.reports.as_json import ReportError, read_report, to_json
from conformance.reports.as_junit import to_junit
from conformance.reports.badge import to_badge
from conformance.reports.comparing import (
    WaiverError,
    changes,
    read_waivers,
    regressions,
    waived,
)
from conformance.reports.matrix import matrix_for, traced

EVIDENCE = Evidence(
    "curl -i 'http://x/studies'",
    "GET",
    "http://x/studies",
    (("Accept", "a/b"),),
    0,
    406,
    (("Content-Type", "text/plain"),),
    3,
    "00",
    0.01,
    "<script>alert(1)</script>",
)


def a_result(check: str, outcome: Outcome, reason: str = "because <b>", **more: object) -> Result:
    made = Result(
        check, f"It does {check}", ("QIDO-STUDIES",), outcome, reason, evidence=(EVIDENCE,)
    )
    return replace(made, **more)  # type: ignore[arg-type] # a test's own words


def a_run(*results: Result) -> Run:
    return Run("http://x", "2026c", "7", "write", "written", "2026-01-01", 1.0, results, {"a": "b"})


EVERY = a_run(*(a_result(one.name.lower(), one) for one in Outcome))


def test_a_run_survives_its_json(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(to_json(EVERY), "utf-8")
    assert read_report(path) == EVERY


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 99}', '{"schema": 1}'])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(ReportError):
        read_report(path)


def test_junit_counts_what_a_build_server_counts() -> None:
    root = ElementTree.fromstring(to_junit(EVERY))
    [suite] = root.findall("testsuite")
    assert suite.get("tests") == str(len(Outcome))
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("1", "1", "3")
    assert len(suite.findall("testcase/failure")) == 1


def test_junit_is_xml_whatever_a_server_answers() -> None:
    run = a_run(a_result("one", Outcome.FAIL, "a \x00\x1b\ufffe & <b>"))
    ElementTree.fromstring(to_junit(run))


def test_the_page_fetches_nothing_and_runs_nothing_of_a_server() -> None:
    page = to_html(EVERY)
    assert "<script>alert" not in page
    assert not re.search(r'(src|href)="(?!#)', page)
    assert "url(" not in page


def test_two_servers_stand_side_by_side() -> None:
    other = replace(EVERY, base="http://y", results=EVERY.results[:1])
    page = to_html(EVERY, other)
    assert "http://x" in page
    assert "http://y" in page
    assert "not run" in page


def test_hazards_to_privacy_stand_out() -> None:
    page = to_html(a_run(a_result("one", Outcome.FAIL, severity=Severity.PRIVACY)))
    assert '<strong class="privacy">' in page


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ((Outcome.PASS, Outcome.PASS), "2 of 2 held"),
        ((Outcome.PASS, Outcome.FAIL), "1 of 2 held"),
        ((Outcome.SKIP,), "nothing decided"),
    ],
)
def test_a_badge_says_how_much_held(outcomes: tuple[Outcome, ...], words: str) -> None:
    badge = to_badge(a_run(*(a_result(str(n), one) for n, one in enumerate(outcomes))))
    assert words in badge
    ElementTree.fromstring(badge)


def test_a_difference_is_worse_only_when_something_demanded_fell() -> None:
    before = a_run(*(a_result(n, Outcome.PASS) for n in "abc"), a_result("d", Outcome.FAIL))
    after = a_run(
        a_result("a", Outcome.PASS),
        a_result("b", Outcome.FAIL),
        a_result("c", Outcome.WEAK),
        a_result("d", Outcome.FAIL),
        a_result("e", Outcome.FAIL),
    )
    found = changes(before, after)
    assert {one.check for one in found} == {"b", "c", "e"}
    assert {one.check for one in regressions(found)} == {"b", "e"}
    assert changes(after, after) == []


WAIVER = """
[[waiver]]
check = "known[*"
reason = "gateways want it"
until = 2026-06-30
"""


def test_a_waiver_holds_until_its_day(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(WAIVER)
    run = a_run(a_result("known[a]", Outcome.FAIL), a_result("other[a]", Outcome.FAIL))
    kept = waived(run, read_waivers(path), date(2026, 6, 30))
    assert [one.outcome for one in kept.results] == [Outcome.WEAK, Outcome.FAIL]
    assert "gateways want it" in kept.results[0].reason
    assert waived(run, read_waivers(path), date(2026, 7, 1)) == run


@pytest.mark.parametrize(
    "text",
    [
        "[[waiver",
        '[[waiver]]\ncheck = "a"',
        '[[waiver]]\ncheck = "a"\nreason = " "\nuntil = 2026-01-01',
        '[[waiver]]\ncheck = "a"\nreason = "b"\nuntil = "soon"',
    ],
)
def test_a_waiver_has_a_reason_and_a_day(tmp_path: Path, text: str) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(text)
    with pytest.raises(WaiverError):
        read_waivers(path)


def test_a_client_goes_only_with_what_it_needs() -> None:
    good = a_run(a_result("qido.studies", Outcome.PASS), a_result("frames.one", Outcome.PASS))
    assert verdicts(good)["ohif"] is True
    bad = a_run(a_result("qido.studies", Outcome.PASS), a_result("frames.one", Outcome.FAIL))
    assert verdicts(bad)["ohif"] is False
    assert verdicts(a_run(a_result("qido.studies", Outcome.SKIP)))["ohif"] is None


def test_the_matrix_is_a_page_when_its_file_says_so() -> None:
    rows = traced(load_checks().all(), EVERY)
    page = matrix_for("matrix.HTML", rows, EVERY)
    assert page.startswith("<!doctype html>")
    assert page.count('<th scope="row">') == len(rows)
    assert EVERY.base in page
    assert matrix_for("matrix.csv", rows).startswith("requirement,level")
    assert "Outcome" not in matrix_for("matrix.html", rows)
