"""Health answers in bounded time and says which check is not well, in no foreign words."""

import threading

import pytest

from telemetry import health
from telemetry.health import Checks


def fine() -> None:
    return None


def broken() -> None:
    raise ConnectionError("postgresql://user:secret@host/db")


def test_all_well_is_ready() -> None:
    assert Checks({"database": fine, "broker": fine}).run().status == "ready"


def test_a_broken_needed_check_is_unavailable() -> None:
    found = Checks({"database": broken}).run()
    assert (found.ready, found.status) == (False, "unavailable")


def test_a_broken_optional_check_is_degraded_yet_ready() -> None:
    found = Checks({"database": fine, "broker": broken}, frozenset({"broker"})).run()
    assert (found.ready, found.status) == (True, "degraded")


def test_the_words_of_an_error_are_not_shown() -> None:
    found = Checks({"database": broken}).run().findings["database"].as_json()
    assert found["error"] == "ConnectionError"
    assert "secret" not in str(found)


def test_a_check_that_hangs_costs_one_thread_and_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "max_check_s", 0.05)
    let_go, calls = threading.Event(), []

    def hangs() -> None:
        calls.append(1)
        let_go.wait(20)

    checks = Checks({"objects": hangs})
    assert [checks.run().findings["objects"].error for _ in range(3)] == ["TimedOut"] * 3
    let_go.set()
    assert len(calls) == 1


def test_a_fresh_finding_is_given_again_without_asking() -> None:
    calls: list[int] = []
    checks = Checks({"database": lambda: calls.append(1)})
    assert checks.run().ready
    assert checks.run().ready
    assert len(calls) == 1
