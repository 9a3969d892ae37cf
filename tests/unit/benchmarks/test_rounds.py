"""Who does what when, and what is noted."""

from __future__ import annotations

from pathlib import Path

from benchmarks.suite.client import WrongError
from benchmarks.suite.command import SMALLEST
from benchmarks.suite.data.corpus import Corpus
from benchmarks.suite.load import Measured
from benchmarks.suite.rounds import run
from benchmarks.suite.servers.server import Server
from benchmarks.suite.servers.set_up import elsewhere
from benchmarks.suite.works.work import Scene, Unit, Work

SCENE = Scene(Corpus(Path(), SMALLEST, [], [], []), 1.0)
SERVERS = {name: Server(name, f"http://{name}.example/x") for name in ("one", "other")}


class Asked:
    """A work that remembers whom it was given."""

    def __init__(self, failing: str = "") -> None:
        self.turns: list[str] = []
        self.failing = failing

    def __call__(self, server: Server, scene: Scene) -> Measured:
        self.turns.append(server.name)
        if server.name == self.failing:
            raise WrongError("other bytes")
        return Measured(1.0, 1)


def work(asked: Asked, *columns: str) -> Work:
    return Work("a work", Unit.REQUESTS, asked, frozenset(columns or SERVERS))


def test_every_server_is_the_first_as_often_as_the_others():
    asked = Asked()
    run([work(asked)], SERVERS, SCENE, 4)
    assert asked.turns == ["one", "other", "other", "one", "one", "other", "other", "one"]


def test_a_server_that_did_it_wrong_is_not_asked_again_and_has_no_number():
    asked = Asked(failing="other")
    record = run([work(asked)], SERVERS, SCENE, 3)
    assert asked.turns.count("other") == 1
    assert list(record.turns["a work"]) == ["one"]
    assert record.failures == {"a work": {"other": "WrongError: other bytes"}}


def test_a_work_is_done_by_its_columns_alone():
    asked = Asked()
    run([work(asked, "other")], SERVERS, SCENE, 1)
    assert asked.turns == ["other"]


def test_headers_for_somebody_elses_server_may_hold_colons():
    server = elsewhere("http://pacs.example/dicom-web/", ["Authorization: Bearer a:b"])
    assert server.root == "http://pacs.example/dicom-web"
    assert server.headers == {"Authorization": "Bearer a:b"}
    assert server.all_processes() == server.web_processes() == set()
