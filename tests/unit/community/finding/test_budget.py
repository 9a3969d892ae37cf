"""What pages ask of the database: few questions, and no more of them for more cases or comments.

`python -m benchmarks.community_pages` measures the same at full size.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.database import writing
from benchmarks.community_pages import PAGES, listen, max_questions
from benchmarks.community_seed import Plan, seed
from benchmarks.community_texts import name_of
from community.accounts import sessions
from community.accounts.signed_in import COOKIE
from tests.people import town

FEW, MANY = Plan(8, 40, 20, 5), Plan(60, 900, 100, 60)


def questions(home: Path, database_url: str, plan: Plan) -> dict[str, tuple[int, bool]]:
    """How often each page asks the database, for somebody who is signed in; if it is a full one."""
    with town(home, database_url) as place:
        made = seed(place.archive, plan)
        with writing(place.archive.engine) as connection:
            secret = sessions.begin(connection, made.people[0], "a test")
        browser = place.app.test_client()
        browser.set_cookie(COOKIE, secret)
        loud = max(range(1, plan.cases, 4), key=made.discussed.__getitem__)
        fills = {"name": name_of(1), "usual": made.slugs[1], "loud": made.slugs[loud]}
        asked = listen(place.archive)
        found = {}
        for page in PAGES:
            for _ in range(2):  # what is read once was read then
                asked.clear()
                answer = browser.get(page.path.format(**fills, fresh="lesion"))
            assert answer.status_code == 200, page.path
            found[page.name] = len(asked), "<article" in answer.text
        return found


def test_more_cases_and_comments_are_not_more_questions(
    tmp_path: Path, database_url: str, request: pytest.FixtureRequest
) -> None:
    few = questions(tmp_path / "few", database_url, FEW)
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    if not database_url.startswith("sqlite"):
        other = request.getfixturevalue("postgres").new_database()
    many = questions(tmp_path / "many", other, MANY)
    assert max(count for count, _ in many.values()) <= max_questions
    full = [name for name, (_, is_full) in few.items() if is_full]
    assert {"home", "case, usual", "search, a name"} <= set(full)
    assert [name for name in full if many[name] > few[name]] == []
