"""The review: who sees frames of the quarantine, what is decided, and what nobody keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from archive import review, uploads
from archive.access import LOCAL, Principal, Scope
from archive.archive import Archive
from archive.errors import Unauthenticated
from community import pages, upload_pages
from community.review import pages as review_pages
from community.review.pages import create_blueprint
from tests.archives import new_archive
from tests.builders import ct_image
from tests.quarantined import COLUMNS, PROPOSED, ROWS, ask, screen
from tests.videos import syntax_of, videos

STUDY = {"StudyInstanceUID": "1.2.826.55.1", "SeriesInstanceUID": "1.2.826.55.1.1"}
PLANTED = ("1.2.826.55", "Doe", "Jane", "PID1", "ACC1")
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}


@dataclass
class Door:
    """The pages over an archive, asked by whoever `who` is."""

    archive: Archive
    who: Principal | None = LOCAL
    refuses: bool = False
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        app = Flask(__name__, static_folder=None)
        site = pages.Site("http://localhost", "127.0.0.1", 11112, is_open=True)
        app.register_blueprint(pages.create_blueprint(lambda: site, list, lambda: ""))
        app.register_blueprint(upload_pages.create_blueprint(self.archive, self._viewer))
        app.register_blueprint(create_blueprint(self.archive, self._viewer))
        self.client = app.test_client()

    def _viewer(self) -> Principal | None:
        if self.refuses:
            raise Unauthenticated("this token is unknown, revoked or expired")
        return self.who

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **fields: str) -> TestResponse:
        return self.client.post(path, data=fields, headers=OURS)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home", DICOMTUBE_ACCESS="accounts")
    yield made
    made.close()


def somebody(*scopes: Scope) -> Principal:
    return Principal("token 7", frozenset(("community", scope.value) for scope in scopes))


def numbers(archive: Archive, token: str) -> list[int]:
    return [item.number for item in review.items(archive, LOCAL, token)]


def decided(archive: Archive, token: str) -> list:
    return [item.decided for item in review.items(archive, LOCAL, token)]


ROW = {"row": "1", "left-1": "20", "top-1": "30", "width-1": "40", "height-1": "10"}


def test_what_waits_is_listed_and_leads_to_its_frames(archive: Archive) -> None:
    door = Door(archive)
    assert "Nothing waits" in door.get("/review").text
    upload = ask(archive, screen(**STUDY))
    [number] = numbers(archive, upload.token)
    assert f'href="/review/{upload.token}"' in door.get("/review").text
    assert f'href="/review/{upload.token}/{number}"' in door.get(f"/review/{upload.token}").text
    page = door.get(f"/review/{upload.token}/{number}").text
    assert f'href="/review/{upload.token}/{number}/1.png?view=usual"' in page
    assert 'value="150"' in page


def test_all_that_waits_is_read_page_by_page_those_that_came_first_first(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_pages, "_STUDIES_A_PAGE", 2)
    sent = [ask(archive, screen(seed=number)).token for number in range(5)]
    door, path, seen = Door(archive), "/review", []
    for expected in (2, 2, 1):
        text = door.get(path).text
        here = re.findall(r'href="/review/([0-9a-f]{32})"', text)
        assert len(here) == expected
        seen += here
        # What is decided meanwhile moves nothing.
        review.reject(archive, LOCAL, here[0], "a face")
        following = re.search(r'rel="next" href="([^"]+)"', text)
        path = following[1] if following else ""
    assert path == ""
    assert seen == sent
    assert door.get("/review?after=x").status_code == 400


def test_the_images_of_a_study_are_read_page_by_page_and_counted_all(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_pages, "_IMAGES_A_PAGE", 2)
    study = {"StudyInstanceUID": "1.2.826.5"}
    upload = ask(archive, *(screen(seed=number, **study) for number in range(5)))
    door, path, seen = Door(archive), f"/review/{upload.token}", []
    for expected in (["Image 1", "Image 2"], ["Image 3", "Image 4"], ["Image 5"]):
        text = door.get(path).text
        assert re.findall(r">(Image \d+)<", text) == expected
        assert "0 of 5 decided" in text
        seen += re.findall(rf'href="/review/{upload.token}/(\d+)">Image', text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        path = following[1] if following else ""
    assert [int(number) for number in seen] == numbers(archive, upload.token)
    assert 'rel="prev"' in text
    assert door.get(f"/review/{upload.token}?from=-1").status_code == 400


def test_the_picture_is_the_frame_as_it_came_and_nobody_keeps_it(archive: Archive) -> None:
    upload = ask(archive, screen(frames=2, **STUDY))
    [number] = numbers(archive, upload.token)
    answer = Door(archive).get(f"/review/{upload.token}/{number}/2.png?view=whole")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "ETag" not in answer.headers
    picture = np.asarray(Image.open(BytesIO(answer.data)))
    assert picture.shape == (ROWS, COLUMNS)
    assert picture[10:20, 12:120].max() == 255


@pytest.mark.parametrize("path", ["", "/{n}", "/{n}/1.png"])
def test_no_page_names_the_patient_or_an_original_uid(archive: Archive, path: str) -> None:
    upload = ask(archive, screen(**STUDY))
    [number] = numbers(archive, upload.token)
    answer = Door(archive).get(f"/review/{upload.token}{path.format(n=number)}")
    assert answer.status_code == 200
    for planted in PLANTED:
        assert planted.encode() not in answer.data
        assert planted not in str(answer.headers)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (None, 401),
        (somebody(), 403),
        (somebody(Scope.READ, Scope.WRITE, Scope.DELETE), 403),
        (somebody(Scope.REVIEW), 200),
    ],
)
@pytest.mark.parametrize("path", ["", "/{token}", "/{token}/{n}", "/{token}/{n}/1.png"])
def test_only_who_may_review_sees_anything(
    closed: Archive, who: Principal | None, status: int, path: str
) -> None:
    upload = ask(closed, screen(**STUDY))
    [item] = review.items(closed, LOCAL, upload.token)
    answer = Door(closed, who).get("/review" + path.format(token=upload.token, n=item.number))
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["", "/alike", "/reject", "/{n}"])
def test_only_who_may_review_decides(closed: Archive, path: str) -> None:
    upload = ask(closed, screen(**STUDY))
    [number] = numbers(closed, upload.token)
    door = Door(closed, somebody(Scope.READ, Scope.WRITE, Scope.DELETE))
    fields = {"action": "blacken", "reason": "face", "looked": "yes"}
    answer = door.post(f"/review/{upload.token}{path.format(n=number)}", **fields)
    assert answer.status_code in (403, 405)
    assert decided(closed, upload.token) == [None]


def test_a_bad_token_is_told_so(archive: Archive) -> None:
    answer = Door(archive, refuses=True).get("/review")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_boxes_that_are_accepted_are_recorded_and_the_next_image_follows(archive: Archive) -> None:
    upload = ask(archive, screen(**STUDY), screen(seed=2, **STUDY))
    first, second = numbers(archive, upload.token)
    answer = Door(archive).post(f"/review/{upload.token}/{first}", action="blacken", **ROW)
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"/review/{upload.token}/{second}",
    )
    [boxes, still_open] = decided(archive, upload.token)
    assert [(b.left, b.top, b.width, b.height, b.frame) for b in boxes] == [(20, 30, 40, 10, None)]
    assert still_open is None


def test_with_the_last_decision_the_study_goes_on(archive: Archive) -> None:
    upload = ask(archive, screen(**STUDY))
    [number] = numbers(archive, upload.token)
    door = Door(archive)
    answer = door.post(f"/review/{upload.token}/{number}", action="blacken")
    assert urlsplit(answer.headers["Location"]).path == f"/review/{upload.token}"
    assert uploads.find_upload(archive, LOCAL, upload.token).state == uploads.RECEIVED
    assert "Nothing is left to decide" in door.get(f"/review/{upload.token}").text
    assert door.get(f"/review/{upload.token}/{number}").status_code == 404


def test_a_box_that_is_none_is_shown_again_with_what_was_typed(archive: Archive) -> None:
    upload = ask(archive, screen(**STUDY))
    [number] = numbers(archive, upload.token)
    fields = {**ROW, "left-1": "319", "action": "blacken"}
    answer = Door(archive).post(f"/review/{upload.token}/{number}", **fields)
    assert answer.status_code == 400
    assert 'value="319"' in answer.text
    assert "320 by 200" in answer.text
    assert 'role="alert"' in answer.text
    assert decided(archive, upload.token) == [None]


def test_without_a_script_another_frame_or_view_loses_nothing_that_was_typed(
    archive: Archive,
) -> None:
    upload = ask(archive, screen(frames=3, **STUDY))
    [number] = numbers(archive, upload.token)
    door, path = Door(archive), f"/review/{upload.token}/{number}"
    page = door.post(path, **ROW, frame="1", view="even", **{"go-frame": "2"}).text
    assert f'href="{path}/2.png?view=even"' in page
    assert 'value="40"' in page
    page = door.post(path, **ROW, frame="2", **{"go-view": "whole"}).text
    assert f'href="{path}/2.png?view=whole"' in page
    assert decided(archive, upload.token) == [None]


def test_several_frames_are_accepted_by_who_says_to_have_seen_them(archive: Archive) -> None:
    upload = ask(archive, screen(frames=3, **STUDY))
    [number] = numbers(archive, upload.token)
    door, path = Door(archive), f"/review/{upload.token}/{number}"
    refused = door.post(path, action="blacken", **ROW)
    assert refused.status_code == 400
    assert "all 3 frames" in refused.text
    assert door.post(path, action="blacken", looked="yes", **ROW).status_code == 303


def test_an_image_can_be_left_out(archive: Archive) -> None:
    upload = ask(archive, screen(**STUDY), screen(seed=2, **STUDY))
    first, _ = numbers(archive, upload.token)
    Door(archive).post(f"/review/{upload.token}/{first}", action="leave-out")
    assert [item.left_out for item in review.items(archive, LOCAL, upload.token)] == [True, False]


def test_what_cannot_be_shown_cannot_be_accepted(archive: Archive) -> None:
    upload = ask(archive, screen(PixelData=None, **STUDY), screen(seed=2, **STUDY))
    items = review.items(archive, LOCAL, upload.token)
    [number] = [item.number for item in items if item.frames == 0]
    door, path = Door(archive), f"/review/{upload.token}/{number}"
    page = door.get(path).text
    assert "cannot be shown" in page
    assert 'value="blacken"' not in page
    assert door.post(path, action="blacken").status_code == 400
    assert decided(archive, upload.token) == [None, None]
    assert door.post(path, action="leave-out").status_code == 303


def test_images_asked_about_for_one_reason_are_accepted_together(archive: Archive) -> None:
    upload = ask(archive, *(screen(seed=seed, **STUDY) for seed in range(3)))
    door, path = Door(archive), f"/review/{upload.token}/alike"
    reason = review.items(archive, LOCAL, upload.token)[0].reason
    assert door.post(path, reason=reason).status_code == 400
    assert door.post(path, reason="another", looked="yes").status_code == 303
    assert decided(archive, upload.token) == [None] * 3
    door.post(path, reason=reason, looked="yes")
    assert uploads.find_upload(archive, LOCAL, upload.token).state == uploads.RECEIVED


def test_a_study_is_rejected_for_a_reason_of_the_list_only(archive: Archive) -> None:
    upload = ask(archive, screen(**STUDY))
    door, path = Door(archive), f"/review/{upload.token}/reject"
    assert door.post(path, reason="Jane Doe is my neighbour").status_code == 400
    assert door.post(path, reason="face").status_code == 303
    now = uploads.find_upload(archive, LOCAL, upload.token)
    assert (now.state, now.reason) == (uploads.REJECTED, "a face can be recognized or rebuilt")
    assert "was rejected" in door.get(f"/review/{upload.token}").text


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["/{n}", "/alike", "/reject"])
def test_pages_of_other_sites_decide_nothing(
    archive: Archive, headers: dict[str, str], path: str
) -> None:
    upload = ask(archive, screen(**STUDY))
    [number] = numbers(archive, upload.token)
    reason = review.items(archive, LOCAL, upload.token)[0].reason
    data = {"action": "blacken", "looked": "yes", "reason": reason}
    if path == "/reject":
        data["reason"] = "face"
    url = f"/review/{upload.token}{path.format(n=number)}"
    assert Door(archive).client.post(url, data=data, headers=headers).status_code == 403
    assert uploads.find_upload(archive, LOCAL, upload.token).state == uploads.REVIEW
    assert decided(archive, upload.token) == [None]


def test_scripts_come_from_us_and_forms_go_to_us(archive: Archive) -> None:
    answer = Door(archive).get("/review")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    # With no-referrer a browser sends its own forms with Origin: null, which we refuse.
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/review/nothing", 404),
        ("/review/{token}/999999", 404),
        ("/review/{token}/{n}/0.png", 404),
        ("/review/{token}/{n}/2.png", 404),
        ("/review/{token}/{n}?frame=99999999999999999999&view=%00", 200),
        ("/review/{token}/{n}/1.png?view=nonsense", 200),
    ],
)
def test_what_is_not_there_is_said(archive: Archive, path: str, status: int) -> None:
    upload = ask(archive, screen(**STUDY))
    [number] = numbers(archive, upload.token)
    assert Door(archive).get(path.format(token=upload.token, n=number)).status_code == status


def test_proposals_of_all_frames_and_of_one_are_told_apart(archive: Archive) -> None:
    boxes = (PROPOSED, replace(PROPOSED, frame=2, left=33))
    upload = ask(archive, screen(frames=3, **STUDY), boxes=boxes)
    [number] = numbers(archive, upload.token)
    page = Door(archive).get
    pages_of = [page(f"/review/{upload.token}/{number}?frame={n}").text for n in (1, 2, 3)]
    assert [text.count('<g class="mark">') for text in pages_of] == [1, 2, 1]


def a_video(archive: Archive, name: str, stream: bytes | None = None) -> tuple[str, int]:
    """Ask about a video; returns its upload's token and the question's number."""
    sent = ct_image(syntax_of(name), frames=[stream or videos()[name]], **STUDY)
    upload = ask(archive, sent, boxes=(), reason="nobody has seen this video")
    return upload.token, numbers(archive, upload.token)[0]


def test_a_video_is_played_as_it_was_received(archive: Archive) -> None:
    token, number = a_video(archive, "h264_mp4_audio")
    door, stream = Door(archive), videos()["h264_mp4_audio"]
    page = door.get(f"/review/{token}/{number}")
    player = '<video class="watched" controls muted playsinline preload="metadata"'
    assert f'{player} src="/review/{token}/{number}/video"' in page.text
    assert "; media-src 'self'" in page.headers["Content-Security-Policy"]
    played = door.get(f"/review/{token}/{number}/video")
    assert (played.status_code, played.mimetype) == (200, "video/mp4")
    assert played.data.rstrip(b"\0") == stream.rstrip(b"\0")
    assert played.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "part"), [("bytes=0-99", slice(0, 100)), ("bytes=1000-", slice(1000, None)),
                        ("bytes=-50", slice(-50, None))],
)  # fmt: skip
def test_a_player_reads_a_video_in_ranges(archive: Archive, asked: str, part: slice) -> None:
    token, number = a_video(archive, "hevc_mp4")
    door, path = Door(archive), f"/review/{token}/{number}/video"
    whole = door.get(path).data
    answer = door.client.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (206, whole[part])
    start, end, _ = part.indices(len(whole))
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(whole)}"


@pytest.mark.parametrize("name", ["mpeg2", "h264_ts_audio", "mpeg2_ps"])
def test_a_video_that_no_browser_plays_is_given_as_a_file(archive: Archive, name: str) -> None:
    token, number = a_video(archive, name)
    door = Door(archive)
    page = door.get(f"/review/{token}/{number}").text
    assert "<video" not in page
    assert "Browsers have no player" in page
    answer = door.get(f"/review/{token}/{number}/video")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.mimetype == "application/octet-stream"


def test_a_video_passes_once_somebody_says_to_have_watched_it(archive: Archive) -> None:
    token, number = a_video(archive, "h264_mp4_audio")
    door = Door(archive)
    refused = door.post(f"/review/{token}/{number}", action="pass")
    assert (refused.status_code, decided(archive, token)) == (400, [None])
    assert "Say that you watched all of it" in refused.text
    assert door.post(f"/review/{token}/{number}", action="pass", looked="yes").status_code == 303
    assert uploads.find_upload(archive, LOCAL, token).state != uploads.REVIEW


def test_a_video_is_shown_to_reviewers_only_and_an_image_is_none(closed: Archive) -> None:
    token, number = a_video(closed, "h264_mp4_audio")
    path = f"/review/{token}/{number}/video"
    assert Door(closed, somebody(Scope.WRITE)).get(path).status_code in (403, 404)
    assert Door(closed, None).get(path).status_code == 401
    assert Door(closed, somebody(Scope.REVIEW)).get(path).status_code == 200
    other = ask(closed, screen(StudyInstanceUID="1.2.826.56"))
    image = f"/review/{other.token}/{numbers(closed, other.token)[0]}"
    assert Door(closed, somebody(Scope.REVIEW)).get(f"{image}/video").status_code == 404
