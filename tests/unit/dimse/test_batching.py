"""Instances of several associations share a batch; nobody waits for company."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from dimse.batching import Batcher


class Files:
    """Stands for a spool file: only its size counts here."""

    def __init__(self, name: str, size: int = 1) -> None:
        self.name = name
        self.size = size


class Recorder:
    """A store that holds its first batch until told, so that others queue up behind it."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[str]]] = []
        self.senders: list[str] = []
        self.go = threading.Event()
        self.first = threading.Event()

    def __call__(self, collection: str, files: Sequence[Any], senders: Sequence[str]) -> list[Any]:
        self.senders += senders
        self.batches.append((collection, [file.name for file in files]))
        if len(self.batches) == 1:
            self.first.set()
            assert self.go.wait(20)
        return [f"kept {file.name}" for file in files]


def store_all(batcher: Batcher, recorder: Recorder, wanted: list[tuple[str, Files]]) -> list[Any]:
    outcomes: dict[str, Any] = {}

    def one(collection: str, file: Files) -> None:
        try:
            outcomes[file.name] = batcher.store(collection, file, f"peer of {file.name}")  # type: ignore[arg-type]
        except Exception as error:
            outcomes[file.name] = error

    threads = [threading.Thread(target=one, args=pair) for pair in wanted]
    threads[0].start()
    assert recorder.first.wait(20)
    for count, thread in enumerate(threads[1:], 1):
        thread.start()
        while len(batcher._waiting) < count:
            threading.Event().wait(0.001)
    recorder.go.set()
    for thread in threads:
        thread.join(20)
    return [outcomes[file.name] for _, file in wanted]


def test_those_who_wait_are_stored_together() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder, max_files=64, max_bytes=100, leaders=1)  # type: ignore[arg-type]
    wanted = [("archive", Files(name)) for name in "abcd"]
    assert store_all(batcher, recorder, wanted) == ["kept a", "kept b", "kept c", "kept d"]
    assert recorder.batches == [("archive", ["a"]), ("archive", ["b", "c", "d"])]


def test_each_file_of_a_batch_keeps_its_own_sender() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder, max_files=64, max_bytes=100, leaders=1)  # type: ignore[arg-type]
    store_all(batcher, recorder, [("archive", Files(name)) for name in "abc"])
    names = [name for _, batch in recorder.batches for name in batch]
    assert recorder.senders == [f"peer of {name}" for name in names]


def test_a_batch_ends_at_its_limits_and_at_another_collection() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder, max_files=2, max_bytes=100, leaders=1)  # type: ignore[arg-type]
    wanted = [
        ("archive", Files("a")),
        *(("archive", Files(name)) for name in "bcd"),
        ("community", Files("e", 90)),
        ("community", Files("f", 90)),
    ]
    store_all(batcher, recorder, wanted)
    assert recorder.batches[1:] == [
        ("archive", ["b", "c"]),
        ("archive", ["d"]),
        ("community", ["e"]),
        ("community", ["f"]),
    ]


def test_a_file_beyond_the_limit_is_stored_alone() -> None:
    batcher = Batcher(lambda _, files, by: ["kept"] * len(files), max_files=9, max_bytes=1)  # type: ignore[arg-type,misc,return-value,list-item]
    assert batcher.store("archive", Files("huge", 1000), "") == "kept"  # type: ignore[arg-type,comparison-overlap]


def test_a_store_that_is_down_is_told_to_everybody_of_the_batch() -> None:
    recorder = Recorder()

    def down(collection: str, files: Sequence[Any], senders: Sequence[str]) -> list[Any]:
        recorder(collection, files, senders)
        raise ConnectionError("down")

    batcher = Batcher(down, max_files=64, max_bytes=100, leaders=1)
    outcomes = store_all(batcher, recorder, [("archive", Files(name)) for name in "abc"])
    assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 3


def test_a_store_that_forgets_a_file_fails_loudly() -> None:
    batcher = Batcher(lambda _, files, by: [], max_files=9, max_bytes=1)
    with pytest.raises(ValueError, match="zip"):
        batcher.store("archive", Files("a"), "")  # type: ignore[arg-type]
