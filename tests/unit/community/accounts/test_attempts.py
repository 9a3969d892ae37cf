"""Where somebody may go after signing in: here, and nowhere else."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.accounts.attempts import safe_next


@pytest.mark.parametrize("path", ["/", "/uploads?state=review", "/u/ada", "/cases/x#comment-3"])
def test_paths_of_ours_are_kept(path: str) -> None:
    assert safe_next(path) == path


@given(st.text(alphabet="/\\.:@%?#ahtps e\t\r\n\x00", max_size=12) | st.text(max_size=20))
def test_whatever_is_asked_for_a_browser_stays_here(path: str) -> None:
    kept = safe_next(path)
    # As browsers read it: a backslash is a slash, tabs and line ends are dropped.
    read = kept.replace("\\", "/").replace("\t", "").replace("\r", "").replace("\n", "")
    there = urlsplit(urljoin("https://ours.example/login", read))
    assert (there.scheme, there.netloc) == ("https", "ours.example")
    assert kept.startswith("/")
