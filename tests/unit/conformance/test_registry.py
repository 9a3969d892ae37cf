"""Checks in their order, and what may not be registered."""

from __future__ import annotations

import pytest

from conformance.registry import Registry, load_checks


def does_nothing(server: object, known: object) -> None:
    """Nothing"""


def a_registry() -> Registry:
    registry = Registry()
    registry.check("first", "QIDO-STUDIES")(does_nothing)
    registry.check("deadly", "QIDO-STUDIES", last=True)(does_nothing)
    registry.check("second", "QIDO-STUDIES")(does_nothing)
    return registry


def test_what_may_end_a_server_comes_after_all_others() -> None:
    assert [one.id for one in a_registry().all()] == ["first", "second", "deadly"]


def test_nothing_else_may_wait_for_what_comes_last() -> None:
    with pytest.raises(ValueError, match="third comes after one that comes last"):
        a_registry().check("third", "QIDO-STUDIES", after=["deadly"])(does_nothing)


def test_the_viewport_that_ends_servers_is_asked_after_all_that_has_an_answer() -> None:
    names = [one.id for one in load_checks().all()]
    deadly = names.index("rendered.viewport-huge")
    assert all(name.startswith("rendered.bad[") for name in names[deadly + 1 :])
    assert names.index("http.request-line") < deadly
