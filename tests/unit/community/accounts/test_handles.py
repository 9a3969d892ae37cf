"""Handles: which there may be, and which look alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.accounts.errors import AccountError
from community.accounts.handles import checked_handle, folded, neutral_handle


@pytest.mark.parametrize("handle", ["ada", "Ada-Lindqvist", "r2_d2", "x" * 30, " ada "])
def test_plain_handles_may_be(handle: str) -> None:
    assert checked_handle(handle) == handle.strip()


@pytest.mark.parametrize(
    "handle",
    ["", "ab", "x" * 31, "-ada", "ada_", "a b", "аda", "ada\n", "a/../b", "<b>", "admin", "ADM1N",
     "o-p-e-r-a-t-o-r", "m0derator", "l0gin", "---"],
)  # fmt: skip
def test_others_may_not(handle: str) -> None:
    if handle == "ada\n":
        assert checked_handle(handle) == "ada"
        return
    with pytest.raises(AccountError):
        checked_handle(handle)


@pytest.mark.parametrize(("one", "other"), [("Lion", "1i0n"), ("ada-l", "ADA_1"), ("o0o", "000")])
def test_handles_that_look_alike_fold_to_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@given(st.text(max_size=40))
def test_a_handle_that_is_taken_is_plain(text: str) -> None:
    try:
        handle = checked_handle(text)
    except AccountError:
        return
    assert handle.isascii()
    assert 3 <= len(handle) <= 30
    assert not set(handle) & set(" /\\<>\"'&?#%.@")


def test_a_neutral_handle_may_be_and_is_another_each_time() -> None:
    made = {neutral_handle() for _ in range(200)}
    assert len(made) == 200
    assert all(checked_handle(one) == one for one in made)
