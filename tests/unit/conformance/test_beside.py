"""Several runs on one page, small enough to keep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.beside import named, trimmed
from conformance.cli import main
from conformance.model import Outcome
from conformance.reports.as_json import to_json
from tests.unit.conformance.test_reports import EVERY, EVIDENCE, a_result, a_run


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_text(to_json(EVERY), "utf-8")
    return path


def test_three_reports_stand_beside_one_another_under_the_names_they_are_given(
    report: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    assert main(["beside", str(page), f"One=a={report}", f"Two={report}", str(report)]) == 0
    text = page.read_text("utf-8")
    for name in ("One=a", "Two", EVERY.base):
        assert f'<th scope="col" class="base">{name}</th>' in text


def test_what_passed_shows_no_exchange_and_what_failed_its_last() -> None:
    last = replace(EVIDENCE, url="http://x/last", excerpt="x" * 5_000)
    run = a_run(
        a_result("fine", Outcome.PASS),
        a_result("broken", Outcome.FAIL, evidence=(EVIDENCE, last)),
    )
    fine, broken = trimmed(run).results
    assert fine.evidence == ()
    assert [one.url for one in broken.evidence] == ["http://x/last"]
    assert len(broken.evidence[0].excerpt or "") == 300


def test_a_report_without_a_name_keeps_its_address(report: Path) -> None:
    assert named(str(report)).base == EVERY.base
