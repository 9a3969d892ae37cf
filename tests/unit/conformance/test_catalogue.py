"""The requirements as data, and the checks that speak of them."""

from __future__ import annotations

from conformance.catalogue import CATALOGUE
from conformance.model import EDITIONS, Level
from conformance.registry import load_checks
from conformance.reports.matrix import to_csv, traced

CHECKS = load_checks().all()


def test_there_are_at_least_five_hundred_requirements() -> None:
    assert len(CATALOGUE) >= 500
    assert sum(one.level is Level.SHALL for one in CATALOGUE.values()) >= 400


def test_every_service_has_requirements() -> None:
    groups = {one.group for one in CATALOGUE.values()}
    services = {"qido", "wado", "stow", "rendered", "wado uri", "negotiation", "http"}
    assert services | {"capabilities", "commitment", "delete", "ups"} == groups


def test_editions_go_from_2019e_to_2026c() -> None:
    assert (EDITIONS[0], EDITIONS[-1]) == ("2019e", "2026c")
    assert len(EDITIONS) == 34


def test_a_check_looks_at_every_requirement() -> None:
    assert not [row.requirement.id for row in traced(CHECKS) if not row.checks]


def test_the_matrix_has_a_line_for_every_requirement() -> None:
    assert len(to_csv(traced(CHECKS)).splitlines()) == len(CATALOGUE) + 1


def test_deleting_is_told_apart_from_the_standard() -> None:
    assert {one.group for one in CATALOGUE.values() if not one.standard} == {"delete"}


def test_titles_of_checks_are_sentences_of_one_line() -> None:
    for one in CHECKS:
        assert "\n" not in one.title
        assert 10 < len(one.title) < 140, one.id
