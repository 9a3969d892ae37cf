"""What is told of a study before its bytes are read."""

from __future__ import annotations

from typing import Any

import pytest

from archive import contents as module
from archive.access import LOCAL
from archive.contents import Kind, contents
from archive.erase import erase
from archive.errors import Gone, NotFound
from archive.retrieve import contents_tag, find_instances
from tests.archives import store
from tests.builders import ct_image

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


@pytest.fixture
def filled(archive: Any) -> Any:
    for number, syntax in enumerate((EXPLICIT, IMPLICIT, EXPLICIT)):
        uids = {"StudyInstanceUID": "1", "SeriesInstanceUID": f"1.{number % 2}"}
        store(archive, ct_image(**uids, transfer_syntax=syntax))
    store(
        archive, ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.0", PixelData=None, Rows=None)
    )
    return archive


@pytest.mark.parametrize("uids", [("1",), ("1", "1.0")])
@pytest.mark.parametrize("rows", [1, 2, 1000])
def test_it_says_what_instances_and_their_tag_say(
    filled: Any, uids: tuple[str, ...], rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS_A_PAGE", rows)
    told = contents(filled, LOCAL, "archive", *uids)
    found = list(find_instances(filled, LOCAL, "archive", *uids))
    assert told.tag == contents_tag(filled, LOCAL, "archive", *uids)
    assert [(item.key, item.size, item.sop_instance_uid) for item in told.items()] == [
        (one.key, one.size, one.sop_instance_uid) for one in found
    ]
    assert sum(kind.size for kind in told.kinds.values()) == sum(one.size for one in found)
    assert sum(kind.count for kind in told.kinds.values()) == len(found)


def test_kinds_are_counted_apart(filled: Any) -> None:
    kinds = contents(filled, LOCAL, "archive", "1").kinds
    assert {kind: kinds[kind].count for kind in kinds} == {
        Kind(EXPLICIT, has_frames=True): 2,
        Kind(IMPLICIT, has_frames=True): 1,
        Kind(EXPLICIT, has_frames=False): 1,
    }


def test_what_came_after_the_look_is_not_among_the_items(
    filled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS_A_PAGE", 2)
    told = contents(filled, LOCAL, "archive", "1")
    store(filled, ct_image(StudyInstanceUID="1"))
    assert len(list(told.items())) == 4


def test_what_is_absent_is_said_at_the_call(filled: Any) -> None:
    with pytest.raises(NotFound):
        contents(filled, LOCAL, "archive", "9")
    erase(filled, LOCAL, "archive", "1")
    with pytest.raises(Gone):
        contents(filled, LOCAL, "archive", "1")
