"""What was rendered or transcoded once is not made again, and is erased with its study."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.builders import ct_image

JPEG_LS = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.80; q=1'
WAYS = [
    ("/rendered", "image/jpeg"),
    ("/rendered?viewport=16,16", "image/png"),
    ("/frames/1/rendered", "image/jpeg"),
    ("/thumbnail", "image/jpeg"),
    ("/thumbnail?viewport=16,16", "image/jpeg"),
    ("/frames/1/thumbnail", "image/jpeg"),
    ("", JPEG_LS),
    ("", "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.80"),
]


def image() -> bytes:
    pixels = np.arange(32 * 32, dtype="<u2").tobytes()
    return ct_image(StudyInstanceUID="1.2", Rows=32, Columns=32, PixelData=pixels)


def forbid(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    def made_again(*_: object, **__: object) -> None:
        raise AssertionError("it was made again")

    for name in names:
        monkeypatch.setattr(name, made_again)


@pytest.mark.parametrize(("suffix", "accept"), WAYS)
def test_what_was_made_once_is_given_again(
    web: Any, monkeypatch: pytest.MonkeyPatch, suffix: str, accept: str
) -> None:
    [path] = web.stored(image())
    first = web.get(path + suffix, accept)
    assert first.status_code == 200
    assert first.data
    forbid(
        monkeypatch,
        "dicomweb.rendering.images.render_frame",
        "archive.thumbnails.render_frame",
        "dicomweb.representations.transcoded",
    )
    again = web.get(path + suffix, accept)
    assert again.status_code == 200
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])
    assert again.content_type == first.content_type


def test_another_way_is_another_picture(web: Any) -> None:
    [path] = web.stored(image())
    asked = ("/rendered", "/rendered?window=10,20,linear", "/rendered?quality=10")
    pictures = [web.get(path + suffix, "image/jpeg").data for suffix in (*asked, *asked)]
    assert len(set(pictures)) == len(asked)
    assert pictures[: len(asked)] == pictures[len(asked) :]


@pytest.mark.parametrize(("suffix", "accept"), WAYS)
def test_nothing_made_of_an_erased_study_is_left(web: Any, suffix: str, accept: str) -> None:
    [path] = web.stored(image())
    answer = web.get(path + suffix, accept)
    assert (answer.status_code, bool(answer.data)) == (200, True)
    folder = web.archive.settings.home / "renditions"
    assert [one for one in folder.rglob("*") if one.is_file()]
    assert web.client.delete(f"{web.root}/studies/1.2").status_code in (200, 204)
    assert not [one for one in folder.rglob("*") if one.is_file()]
    assert web.get(path + suffix, accept).status_code == 410
