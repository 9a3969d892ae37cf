"""Every promise of the community has a test, and every test that is named is there and runs."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
TABLE: dict[str, Any] = tomllib.loads((TESTS / "requirements.toml").read_text("utf-8"))

HOW_MANY = {"A": 14, "B": 5, "C": 9, "D": 7, "E": 8, "F": 9, "G": 8, "H": 9, "I": 13}
ROWS = [f"{part}{number}" for part, last in HOW_MANY.items() for number in range(1, last + 1)]
NO_TESTS = {"skip", "skipif", "xfail"}


@cache
def runnable_in(file: str) -> frozenset[str]:
    """The tests of a module that are always run."""
    path = TESTS / file
    if not path.is_file():
        return frozenset()
    module = ast.parse(path.read_text("utf-8"))
    functions = [one for one in ast.walk(module) if isinstance(one, ast.FunctionDef)]
    return frozenset(one.name for one in functions if not (NO_TESTS & set(marks_of(one))))


def marks_of(function: ast.FunctionDef) -> list[str]:
    every = [one for decorator in function.decorator_list for one in ast.walk(decorator)]
    return [one.attr for one in every if isinstance(one, ast.Attribute)]


def test_every_promise_has_its_row_and_no_other_row_is_there() -> None:
    assert set(TABLE) == set(ROWS)


@pytest.mark.parametrize("row", sorted(TABLE))
def test_a_row_says_what_is_promised_and_names_tests_that_are_there(row: str) -> None:
    known = TABLE[row]
    assert set(known) == {"promise", "tests"}
    assert known["promise"].endswith(".")
    assert known["tests"], f"{row} has no test"
    for one in known["tests"]:
        file, _, name = one.partition("::")
        assert name.startswith("test_") and name in runnable_in(file), one


def test_a_test_that_is_skipped_proves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "test_some.py"
    file.write_text(
        "import pytest\n"
        "@pytest.mark.skip(reason='later')\ndef test_later(): ...\n"
        "@pytest.mark.parametrize('x', [1])\ndef test_now(x): ...\n"
    )
    assert runnable_in(str(file)) == {"test_now"}
    assert runnable_in(str(tmp_path / "test_other.py")) == frozenset()


def test_the_threat_model_names_tests_that_are_there() -> None:
    text = (TESTS.parent / "docs" / "threat-model.md").read_text("utf-8")
    named = re.findall(r"`((?:unit|integration|e2e)/[\w/.]+)`", text)
    assert len(named) > 15
    assert [one for one in named if not (TESTS / one).exists()] == []
