"""Work of another door comes round by the clock, and survives its own failures."""

from __future__ import annotations

from worker.application import SWEEP, create_app
from worker.periodic import add_periodic
from worker.settings import WorkerSettings


def test_work_is_asked_for_by_the_clock_beside_the_sweep() -> None:
    app, rounds = create_app(None, WorkerSettings()), []
    add_periodic(app, "dicomtube.tick", 30.0, lambda: rounds.append(1))
    row = app.conf.beat_schedule["dicomtube.tick"]
    assert (row["task"], row["schedule"], row["options"]) == (
        "dicomtube.tick",
        30.0,
        {"expires": 30.0},
    )
    assert SWEEP in {one["task"] for one in app.conf.beat_schedule.values()}
    app.tasks["dicomtube.tick"]()
    assert rounds == [1]


def test_a_round_that_fails_leaves_the_next_one_its_turn() -> None:
    app, rounds = create_app(None, WorkerSettings()), []

    def fail() -> None:
        rounds.append(1)
        raise RuntimeError

    add_periodic(app, "dicomtube.tick", 30.0, fail)
    for _ in range(2):
        app.tasks["dicomtube.tick"]()
    assert rounds == [1, 1]


def test_every_app_of_a_process_has_its_own_work_under_the_name() -> None:
    rounds: list[int] = []
    for number in range(3):
        app = create_app(None, WorkerSettings())
        app.finalize()
        add_periodic(app, "dicomtube.tick", 30.0, lambda number=number: rounds.append(number))
        app.tasks["dicomtube.tick"]()
    assert rounds == [0, 1, 2]
