"""The runner judged by a server that is wrong on purpose: exactly the right checks notice.

The ordinary run asks of each defect the checks that have to notice and a fixed sample of the
others; DICOMTUBE_TEST_ALL_DEFECTS=1 asks all checks.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

import conformance.mock
from conformance.cli import FAILED, HELD, NO_RUN, main
from conformance.mock.defects import DEFECTS, expand
from conformance.mock.proving import Outcomes, Proof, compare, outcomes
from conformance.mock.retrieving import SPOILED
from conformance.mock.searching import BOUNDS, FLAGS
from conformance.mock.server import Mock
from conformance.model import Outcome
from conformance.registry import REGISTRY, Check, Registry, load_checks

ALL = os.environ.get("DICOMTUBE_TEST_ALL_DEFECTS") == "1"
CHECKS = load_checks().all()
IDS = [one.id for one in CHECKS]
SAMPLE = frozenset(IDS[::16])
"""Checks that every defect is shown to, whether it is theirs or not."""

_ASKED = re.compile(r'"([a-z0-9-]+)" (?:not )?in (?:[a-z_.]+\.)?flaws')


@lru_cache(maxsize=1)
def sound() -> Outcomes:
    return outcomes((), CHECKS)


def asked(defect: str) -> list[Check]:
    """What a defect is shown to: its own checks, those that they come after, and the sample."""
    if ALL:
        return CHECKS
    row = DEFECTS[defect]
    own = expand((*row.noticed, *row.turned), IDS) | SAMPLE
    return REGISTRY.chosen(sorted(own))


def flaws_in_the_code() -> set[str]:
    """The defects that the mock's code asks for by name."""
    found = {f"no-{name}" for name in BOUNDS} | {f"silent-{name}" for name in FLAGS}
    for path in Path(conformance.mock.__file__).parent.glob("*.py"):
        found |= set(_ASKED.findall(path.read_text("utf-8")))
    return found | SPOILED.keys()


def test_with_no_defect_nothing_fails_or_is_weak() -> None:
    wrong = {Outcome.FAIL, Outcome.WEAK, Outcome.ERROR}
    assert not {check: now for check, now in sound().items() if now in wrong}
    assert sum(now is Outcome.PASS for now in sound().values()) > 600


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_noticed_by_exactly_its_checks(defect: str) -> None:
    proof = compare(defect, sound(), outcomes((defect,), asked(defect)))
    assert proof.holds, str(proof)


def test_there_are_enough_defects_and_each_is_noticed() -> None:
    assert len(DEFECTS) >= 60
    assert not [name for name, one in DEFECTS.items() if not (one.noticed or one.turned)]


def test_two_checks_of_three_have_been_seen_to_fail() -> None:
    seen = {check for one in DEFECTS.values() for check in expand(one.noticed, IDS)}
    assert len(seen) > len(IDS) * 2 / 3


def test_every_pattern_of_the_table_names_a_check() -> None:
    patterns = [p for one in DEFECTS.values() for p in (*one.noticed, *one.turned)]
    assert not [p for p in patterns if not expand((p,), IDS)]


def test_what_the_mock_can_do_wrong_stands_in_the_table() -> None:
    assert flaws_in_the_code() == DEFECTS.keys()


def test_a_defect_that_nobody_wrote_down_is_refused() -> None:
    with pytest.raises(ValueError, match="no-such-defect"):
        Mock(frozenset({"no-such-defect"}))


def a_proof(now: dict[str, Outcome]) -> Proof:
    """What `no-host` is held to be when checks that all passed come to this now."""
    return compare("no-host", dict.fromkeys(now, Outcome.PASS), now)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ({"http.host": Outcome.FAIL, "reach": Outcome.PASS}, Proof("no-host")),
        ({"http.host": Outcome.WEAK, "reach": Outcome.BLOCKED}, Proof("no-host")),
        ({"http.host": Outcome.PASS}, Proof("no-host", missed=("http.host",))),
        (
            {"http.host": Outcome.FAIL, "reach": Outcome.WEAK},
            Proof("no-host", wrongly=("reach",)),
        ),
        ({"http.host": Outcome.FAIL, "reach": Outcome.SKIP}, Proof("no-host", turned=("reach",))),
        ({"http.host": Outcome.FAIL, "reach": Outcome.ERROR}, Proof("no-host", broken=("reach",))),
    ],
)
def test_a_proof_says_who_missed_and_who_is_wrong(now: dict[str, Outcome], wanted: Proof) -> None:
    assert a_proof(now) == wanted
    assert wanted.holds == (wanted == Proof("no-host"))


def test_the_command_tells_of_a_check_that_looks_at_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blind = [replace(one, act=lambda *_: None) for one in REGISTRY.chosen(["qido.none-200"])]
    monkeypatch.setattr(Registry, "all", lambda _: blind)
    assert main(["prove", "204"]) == FAILED
    assert "not noticed by qido.none-200" in capsys.readouterr().out


def test_the_command_exits_with_nothing_when_all_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = REGISTRY.chosen(["qido.none-200"])
    monkeypatch.setattr(Registry, "all", lambda _: few)
    assert main(["prove", "204"]) == HELD
    assert "1/1" in capsys.readouterr().out


def test_the_command_refuses_a_defect_that_there_is_not() -> None:
    assert main(["prove", "no-such-defect"]) == NO_RUN
