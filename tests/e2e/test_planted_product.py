"""The planted corpus through the whole product: nothing of it is said, shown or kept anywhere."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import Engine, text

from archive.destinations import keys_of
from archive.policies import DEFAULT_OPTIONS
from imaging.deidentify.secrets import Secret
from imaging.deidentify.uids import map_uid
from tests.conftest import Stack
from tests.planted import stores
from tests.planted.answers import ANSWERS, Said, said
from tests.planted.corpus import corpus
from tests.planted.files import Made
from tests.planted.pictures import Picture, pictures
from tests.planted.pushing import PEER, ROOT, Site
from tests.planted.unwrapping import found_within, leaks
from tests.product import Product
from tests.services import wait_until

FILES, PICTURES = corpus(), pictures()
PLANTS = [
    plant
    for one in (*FILES, *PICTURES)
    for plant in one.plants
    if plant.must_vanish(DEFAULT_OPTIONS)
]
#: What hides around the data set is not sent by C-STORE.
AROUND = {"preamble", "trailing", "directory", "broken", "named"}
ULTRASOUND, CAPTURE = PICTURES


@dataclass
class World:
    """The product after everything was pushed into it, and what the doors answered."""

    site: Site
    stack: str
    stored: dict[str, object]
    statuses: list[int]
    told: bytes
    folder: Path

    @property
    def home(self) -> Path:
        return self.site.product.home

    def new(self, uid: str) -> str:
        """The UID under which something is published."""
        return map_uid(self.secret, "community", uid)

    def upload_of(self, made: Made) -> str:
        """The token of the upload of a study."""
        uid = self.new(str(made.ds.StudyInstanceUID))
        return self.secret.derive("upload", "community", uid).hex()[:32]

    @cached_property
    def secret(self) -> Secret:
        with stores.archive_of(self.site.product.environment) as archive:
            return keys_of(archive)[0]


@pytest.fixture(scope="module")
def world(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = Path(stack.environment["DICOMTUBE_HOME"])
    folder = tmp_path_factory.mktemp("temporary")
    product = Product(
        home,
        {
            **stack.environment,
            "DICOMTUBE_ACCESS": "accounts",
            "DICOMTUBE_WORKER_SWEEP_S": "1",
            "DICOMTUBE_WORKER_QUIET_S": "0.2",
            "TMPDIR": str(folder),
        },
    )
    product.start(echo=False)
    try:
        site = Site(product, tmp_path_factory.mktemp("sent"))
        site.make_token("all", "community:read,write,delete,review")
        product.command("peer", "add", PEER, "127.0.0.0/8", "--grant", "community:write")
        yield push(site, stack, folder)
    finally:
        product.stop()


def push(site: Site, stack: Stack, folder: Path) -> World:
    """Half of the corpus through each door, the instances of one study through both."""
    over_http = [one for one in FILES if one.name in AROUND or one.number % 2]
    over_dimse = [one for one in FILES if one not in over_http]
    stored = site.stow("all", [*(one.made for one in over_http), ULTRASOUND.made])
    statuses = site.c_store([*(one.made for one in over_dimse), CAPTURE.made])
    return World(site, stack.name, stored.json(), statuses, said(stored), folder)


@pytest.fixture(scope="module")
def waiting(world: World) -> World:
    """All is published that needs nobody."""
    world.site.wait_final()
    return world


@pytest.fixture(scope="module")
def finished(waiting: World) -> World:
    """Everything is decided, and what is kept of rejected studies is kept no longer."""
    site = waiting.site
    site.product.command("collection", "policy", "community", "--keep-rejected-s", "0")
    for token, state in site.states(site.tokens_of_uploads).items():
        if state == "needs review":
            decide(site, token, waiting)
    states = site.wait_final()
    assert set(states.values()) == {"published", "rejected"}
    with stores.archive_of(site.product.environment) as archive:
        wait_until(lambda: not _originals(archive.engine), "the originals to be erased")
    return waiting


def decide(site: Site, token: str, world: World) -> None:
    """Accept what was proposed for a picture; leave out what cannot be cleaned, at its page."""
    if token == world.upload_of(CAPTURE.made):
        site.product.command("uploads", "approve", token)
        return
    page = site.ask("all", f"/review/{token}", "text/html").text
    [number] = re.findall(rf"/review/{token}/(\d+)", page)[:1]
    answer = site.ask(
        "all",
        f"/review/{token}/{number}",
        method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        data=b"action=leave-out",
    )
    assert answer.status_code == 303, answer.text


# ---- when everything has its answer, but some wait for a person


def test_each_door_takes_what_it_is_sent(world: World) -> None:
    assert set(world.statuses) == {0xB000}
    refused = world.stored["00081198"]["Value"]  # type: ignore[index]
    assert [one["00081155"]["Value"] for one in refused] == [
        [file.made.ds.SOPInstanceUID] for file in FILES if file.name == "directory"
    ]


def test_the_sender_is_told_its_own_uids_and_addresses_made_of_new_ones(world: World) -> None:
    others = [plant for plant in PLANTS if plant.kind != "UID"]
    assert not found_within(others, world.told)
    urls = re.findall(
        r'"00081190":\{"vr":"UR","Value":\["([^"]*)"',
        json.dumps(world.stored, separators=(",", ":")),
    )
    assert len(urls) > 25
    assert not found_within(PLANTS, "\n".join(urls).encode())


def test_what_need_not_be_refused_is_published_and_the_rest_waits(waiting: World) -> None:
    states = waiting.site.wait_final()
    assert set(states.values()) == {"published", "needs review", "rejected"}
    kept = [file for file in FILES if not file.made.may_be_refused]
    assert all(
        states[waiting.upload_of(file.made)] in ("published", "needs review") for file in kept
    )
    assert sum(state == "published" for state in states.values()) >= 40
    assert states[waiting.upload_of(ULTRASOUND.made)] == "published"
    assert states[waiting.upload_of(CAPTURE.made)] == "needs review"


def test_operators_see_who_sent_what_and_nothing_of_the_patient(waiting: World) -> None:
    listed = waiting.site.product.command("uploads", "list")
    assert f"peer {PEER} at 127.0.0.1" in listed
    shown = waiting.site.product.command("uploads", "show", waiting.upload_of(FILES[0].made))
    assert f"sent by    peer {PEER} at 127.0.0.1, token 1" in shown


def test_while_some_wait_for_a_person_no_answer_says_anything(waiting: World) -> None:
    for kind in ("searches", "followed", "commands"):
        assert leaks(PLANTS, ANSWERS[kind](waiting.site)) == set()


def test_while_some_wait_for_a_person_logs_and_queues_say_nothing(waiting: World) -> None:
    assert leaks(PLANTS, _logs(waiting)) == set()
    environment = waiting.site.product.environment
    assert leaks(PLANTS, stores.queues(environment, waiting.home)) == set()


# ---- when everything is decided


def test_no_answer_says_anything_of_what_was_planted(finished: World) -> None:
    # Answers are made in the same way on every stack; what they are read from is not.
    for kind in ANSWERS if finished.stack == "embedded" else ("searches", "metadata", "followed"):
        answers = list(ANSWERS[kind](finished.site))
        assert sum(len(data) for _, data in answers) > 1_000, kind
        assert leaks(PLANTS, answers) == set(), kind


def test_nothing_is_found_by_what_was_planted(finished: World) -> None:
    for file in FILES[::5]:
        for name in ("StudyInstanceUID", "PatientID", "AccessionNumber", "PatientName"):
            query = {name: str(file.made.ds.get(name, ""))}
            path = f"{ROOT}/instances?{urlencode(query)}"
            answer = finished.site.ask("all", path, "application/dicom+json")
            assert not query[name] or answer.content in (b"", b"[]"), (file.name, name)


def test_no_row_of_the_index_holds_anything(finished: World) -> None:
    with stores.archive_of(finished.site.product.environment) as archive:
        assert leaks(PLANTS, stores.rows(archive)) == set()


def test_no_object_and_no_key_holds_anything(finished: World) -> None:
    with stores.archive_of(finished.site.product.environment) as archive:
        assert leaks(PLANTS, stores.objects(archive)) == set()


def test_the_broker_holds_nothing(finished: World) -> None:
    environment = finished.site.product.environment
    assert leaks(PLANTS, stores.queues(environment, finished.home)) == set()


def test_no_file_and_no_log_holds_anything(finished: World) -> None:
    # What SQLite leaves in gaps of its pages goes with the next sweep.
    def clean() -> bool:
        return not leaks(PLANTS, _files(finished))

    wait_until(clean, "the files to be clean", 60)


# ---- pixels


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: one.name)
def test_text_in_pixels_is_black_and_the_rest_is_as_it_was(
    finished: World, picture: Picture
) -> None:
    path = _path_of(finished, picture)
    frame = finished.site.ask(
        "all", f"{path}/frames/1", 'application/octet-stream; transfer-syntax="1.2.840.10008.1.2.1"'
    )
    before = picture.pixels()
    after = np.frombuffer(frame.content, np.uint8).reshape(before.shape)
    assert _ink(before, picture).max() == 255
    assert _ink(after, picture).max() < 121  # the background's brightest
    changed = before != after
    assert set(after[changed].tolist()) == {0}
    assert changed.mean() < 0.25


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: one.name)
@pytest.mark.parametrize("resource", ["rendered", "thumbnail"])
def test_no_picture_shows_the_text(finished: World, picture: Picture, resource: str) -> None:
    answer = finished.site.ask("all", f"{_path_of(finished, picture)}/{resource}", "image/png")
    assert answer.status_code == 200, answer.text
    shown = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"))
    drawn = _drawn_as(shown, picture.pixels())
    letters = _letters(picture)
    assert _likeness(drawn, letters) < 0.2


def _letters(picture: Picture) -> NDArray[np.float64]:
    return (picture.pixels() > 200).astype(float)


def _drawn_as(shown: NDArray[np.uint8], like: NDArray[np.uint8]) -> NDArray[np.float64]:
    resized = Image.fromarray(shown).resize((like.shape[1], like.shape[0]))
    return np.asarray(resized).astype(float)


def _likeness(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """How much brighter a picture is where letters were than beside them, 1 for black on white."""
    return float(one[other > 0].mean() - one[other == 0].mean()) / 255


def _ink(pixels: NDArray[np.uint8], picture: Picture) -> NDArray[np.uint8]:
    left, top, width, height = picture.box
    return pixels[top : top + height, left : left + width]


def _path_of(world: World, picture: Picture) -> str:
    ds = picture.made.ds
    study, series, instance = (
        world.new(uid) for uid in (ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
    )
    return f"{ROOT}/studies/{study}/series/{series}/instances/{instance}"


def _logs(world: World) -> Said:
    return (one for one in _files(world) if one[0].endswith(".log"))


def _files(world: World) -> Said:
    """All but the objects, which are searched by their keys."""
    for where, data in stores.files(world.home, world.folder):
        if not Path(where).is_relative_to(world.home / "objects"):
            yield where, data


def _originals(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM quarantined")) or 0)
