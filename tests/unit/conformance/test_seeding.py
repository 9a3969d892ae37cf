"""What lies on a server is found by whatever resources the server has."""

from __future__ import annotations

import json
from typing import cast

import pytest

from conformance.seeding import _uids_of
from conformance.wire.answer import Answer
from conformance.wire.server import Server

STUDY = "/studies/1"
SERIES = [
    {"0020000E": {"vr": "UI", "Value": ["1.1"]}},
    {"0020000E": {"vr": "UI", "Value": ["1.2"]}},
]


def instances(*uids: str) -> list[dict[str, object]]:
    return [{"00080018": {"vr": "UI", "Value": [uid]}} for uid in uids]


class Offering:
    """A server that has these resources, and 404 for all others."""

    def __init__(self, **resources: object) -> None:
        self.resources = resources

    def get(self, path: str) -> Answer:
        found = self.resources.get(path)
        body = json.dumps(found).encode()
        return Answer("GET", path, 404 if found is None else 200, (), body, 0.0)


@pytest.mark.parametrize(
    "resources",
    [
        {f"{STUDY}/metadata": instances("a", "b", "c")},
        {f"{STUDY}/instances": instances("a", "b", "c")},
        {f"{STUDY}/metadata": instances("a"), f"{STUDY}/instances": instances("b", "c")},
        {
            f"{STUDY}/series": SERIES,
            f"{STUDY}/series/1.1/instances": instances("a"),
            f"{STUDY}/series/1.2/instances": instances("b", "c"),
        },
    ],
    ids=["metadata", "instances of the study", "some of each", "series by series"],
)
def test_the_instances_of_a_study_are_found_by(resources: dict[str, object]) -> None:
    assert _uids_of(cast(Server, Offering(**resources)), "1") == {"a", "b", "c"}


def test_a_server_that_has_none_of_these_holds_nothing() -> None:
    assert _uids_of(cast(Server, Offering()), "1") == set()
