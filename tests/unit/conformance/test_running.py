"""What a run makes of checks: outcomes, blocking, servers that go away."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.corpus.corpus import corpus_of
from conformance.known import Known, Source
from conformance.model import Level, Outcome, Requirement, Severity
from conformance.registry import Check, Needs
from conformance.running import GONE, run_checks
from conformance.verdicts import Failed, NotOffered, Undecided, Weak
from conformance.wire.server import Server, ServerGone
from conformance.wire.shown import Redaction
from conformance.wire.target import Target

CATALOGUE = {
    level: Requirement(level, "PS3.18", "1", Level(level), "it is so", "a group")
    for level in ("SHALL", "SHOULD", "MAY")
} | {
    "OLD": Requirement("OLD", "PS3.18", "1", Level.SHALL, "it was so", "a group", until="2020a"),
    "NEW": Requirement("NEW", "PS3.18", "1", Level.SHALL, "it is so", "a group", since="2025a"),
}


def a_check(
    name: str,
    act: Callable[..., None] = lambda *_: None,
    requirement: str = "SHALL",
    needs: Needs = Needs.NOTHING,
    after: tuple[str, ...] = (),
    severity: Severity = Severity.NORMAL,
) -> Check:
    return Check(name, name, (requirement,), needs, after, severity, act)


def raising(error: Exception) -> Callable[..., None]:
    def act(*_: object) -> None:
        raise error

    return act


def outcomes(
    *checks: Check, source: Source = Source.WRITTEN, edition: str = "2026c"
) -> list[Outcome]:
    known = Known(corpus_of("a test"), source=source, may_write=True, edition=edition)
    server = Server(Target("http://127.0.0.1:9"), Redaction())
    return [r.outcome for r in run_checks(checks, server, known, catalogue=CATALOGUE)]


@pytest.mark.parametrize(
    ("error", "requirement", "wanted"),
    [
        (Failed("no"), "SHALL", Outcome.FAIL),
        (Failed("no"), "SHOULD", Outcome.WEAK),
        (Failed("no"), "MAY", Outcome.WEAK),
        (Weak("so so"), "SHALL", Outcome.WEAK),
        (NotOffered("absent"), "SHALL", Outcome.NOT_OFFERED),
        (Undecided("no data"), "SHALL", Outcome.SKIP),
        (RuntimeError("a bug"), "SHALL", Outcome.ERROR),
    ],
)
def test_what_a_check_raises_becomes_an_outcome(
    error: Exception, requirement: str, wanted: Outcome
) -> None:
    assert outcomes(a_check("one", raising(error), requirement)) == [wanted]


def test_a_check_that_returns_passes() -> None:
    assert outcomes(a_check("one")) == [Outcome.PASS]


def test_one_cause_counts_once() -> None:
    first = a_check("first", raising(Failed("no")))
    second = a_check("second", after=("first",))
    third = a_check("third", after=("second",))
    known = Known(corpus_of("a test"), source=Source.WRITTEN)
    server = Server(Target("http://127.0.0.1:9"), Redaction())
    results = run_checks([first, second, third], server, known, catalogue=CATALOGUE)
    assert [r.outcome for r in results] == [Outcome.FAIL, Outcome.BLOCKED, Outcome.BLOCKED]
    assert [r.blocked_by for r in results] == [None, "first", "first"]


@pytest.mark.parametrize("error", [Weak("so so"), Undecided("no data")])
def test_what_is_weak_or_undecided_blocks_nothing(error: Exception) -> None:
    found = outcomes(a_check("first", raising(error)), a_check("second", after=("first",)))
    assert found[1] is Outcome.PASS


def test_a_server_that_is_gone_ends_the_run() -> None:
    calls: list[str] = []
    known = Known(corpus_of("a test"), source=Source.WRITTEN)
    server = Server(Target("http://127.0.0.1:9"), Redaction())
    checks = [
        a_check("first", raising(ServerGone("dead"))),
        a_check("second", lambda *_: calls.append("x")),
    ]
    first, second = run_checks(checks, server, known, catalogue=CATALOGUE)
    assert (first.outcome, second.outcome) == (Outcome.FAIL, Outcome.BLOCKED)
    assert second.blocked_by == GONE
    assert not calls


@pytest.mark.parametrize("needs", list(Needs))
def test_nothing_passes_on_an_empty_server(needs: Needs) -> None:
    assert outcomes(a_check("one", needs=needs), source=Source.NONE) == [Outcome.SKIP]


def test_what_fails_on_an_empty_server_fails() -> None:
    assert outcomes(a_check("one", raising(Failed("no"))), source=Source.NONE) == [Outcome.FAIL]


def test_what_needs_the_corpus_is_not_asked_of_strangers_data() -> None:
    one = a_check("one", needs=Needs.CORPUS)
    assert outcomes(one, source=Source.SAMPLED) == [Outcome.SKIP]


def test_an_edition_asks_only_what_it_says() -> None:
    old, new = a_check("old", requirement="OLD"), a_check("new", requirement="NEW")
    assert outcomes(old, new, edition="2019e") == [Outcome.PASS]
    assert outcomes(old, new, edition="2026c") == [Outcome.PASS]
    assert outcomes(old, new, edition="2023a") == []


def test_a_hazard_to_privacy_is_marked() -> None:
    known = Known(corpus_of("a test"), source=Source.WRITTEN)
    server = Server(Target("http://127.0.0.1:9"), Redaction())
    one = a_check("one", raising(Failed("no", Severity.PRIVACY)))
    [result] = run_checks([one], server, known, catalogue=CATALOGUE)
    assert result.severity is Severity.PRIVACY
