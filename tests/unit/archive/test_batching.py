"""What several callers bring at once shares a batch; nobody waits for company."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from archive.batching import Batcher


class Item:
    """Stands for an instance: only its size counts here."""

    def __init__(self, name: str, size: int = 1) -> None:
        self.name = name
        self.size = size


class Recorder:
    """Work that holds its first batch until told, so that others queue up behind it."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[str]]] = []
        self.go = threading.Event()
        self.first = threading.Event()

    def __call__(self, group: str, items: Sequence[Item]) -> list[str]:
        self.batches.append((group, [item.name for item in items]))
        if len(self.batches) == 1:
            self.first.set()
            assert self.go.wait(20)
        return [f"kept {item.name}" for item in items]


Work = Callable[[str, Sequence[Item]], list[str]]


def do_all(
    batcher: Batcher[Item, str],
    recorder: Recorder,
    wanted: list[tuple[str, list[Item]]],
    work: Work,
) -> list[Any]:
    outcomes: dict[int, Any] = {}

    def one(number: int, group: str, items: list[Item]) -> None:
        try:
            outcomes[number] = batcher.do(group, items, partial(work, group))
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=one, args=(n, *pair)) for n, pair in enumerate(wanted)]
    threads[0].start()
    assert recorder.first.wait(20)
    for count, thread in enumerate(threads[1:], 1):
        thread.start()
        while len(batcher._waiting) < count:
            threading.Event().wait(0.001)
    recorder.go.set()
    for thread in threads:
        thread.join(20)
    return [outcomes[number] for number in range(len(wanted))]


def test_those_who_wait_are_served_together_and_each_gets_its_own() -> None:
    recorder = Recorder()
    wanted = [
        ("archive", [Item("a")]),
        ("archive", [Item("b"), Item("c")]),
        ("archive", [Item("d")]),
    ]
    done = do_all(Batcher(max_items=64, max_bytes=100), recorder, wanted, recorder)
    assert done == [["kept a"], ["kept b", "kept c"], ["kept d"]]
    assert recorder.batches == [("archive", ["a"]), ("archive", ["b", "c", "d"])]


def test_a_batch_ends_at_its_limits_and_at_another_group() -> None:
    recorder = Recorder()
    wanted = [
        ("archive", [Item("a")]),
        *(("archive", [Item(name)]) for name in "bcd"),
        ("community", [Item("e", 90)]),
        ("community", [Item("f", 90)]),
    ]
    do_all(Batcher(max_items=2, max_bytes=100), recorder, wanted, recorder)
    assert recorder.batches[1:] == [
        ("archive", ["b", "c"]),
        ("archive", ["d"]),
        ("community", ["e"]),
        ("community", ["f"]),
    ]


def test_who_brings_more_than_the_limit_is_served_alone() -> None:
    batcher: Batcher[Item, str] = Batcher(max_items=1, max_bytes=1)
    items = [Item("huge", 1000), Item("second")]
    assert batcher.do("archive", items, lambda some: [one.name for one in some]) == [
        "huge",
        "second",
    ]


def test_a_failure_is_told_to_everybody_of_the_batch() -> None:
    recorder = Recorder()

    def down(group: str, items: Sequence[Item]) -> list[str]:
        recorder(group, items)
        raise ConnectionError("down")

    wanted = [("archive", [Item(name)]) for name in "abc"]
    done = do_all(Batcher(max_items=64, max_bytes=100), recorder, wanted, down)
    assert [type(outcome) for outcome in done] == [ConnectionError] * 3


def test_work_that_forgets_an_item_fails_loudly() -> None:
    batcher: Batcher[Item, str] = Batcher()
    with pytest.raises(ValueError, match="zip"):
        batcher.do("archive", [Item("a")], lambda items: [])
