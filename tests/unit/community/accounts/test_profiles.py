"""What people show of themselves: within bounds, and pictures made anew."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from archive.archive import Archive
from archive.database import writing
from community.accounts import avatars, credentials, people
from community.accounts.errors import AccountError
from community.accounts.people import find_by_handle, find_person, insert_person
from tests.archives import new_archive
from tests.people import town


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def ada(archive: Archive) -> str:
    with writing(archive.engine) as connection:
        return insert_person(connection, "Ada", {})


def test_a_profile_begins_with_nothing_but_a_handle(archive: Archive, ada: str) -> None:
    found = find_person(archive, ada)
    assert found is not None
    assert (found.display_name, found.bio, found.avatar_key) == (None, None, None)
    assert found.shown_name == "Ada"
    assert find_by_handle(archive, "ada") == find_by_handle(archive, "ADA") == found
    assert find_by_handle(archive, "a-da") is None


def test_texts_are_cleaned_and_bounded(archive: Archive, ada: str) -> None:
    people.change_profile(archive, ada, "  Ada\u202e L\x00 ", "one\r\ntwo\x1b")
    found = find_person(archive, ada)
    assert found is not None
    assert (found.display_name, found.bio) == ("Ada L", "one\ntwo")
    with pytest.raises(AccountError, match="60"):
        people.change_profile(archive, ada, "x" * 61, None)
    with pytest.raises(AccountError, match="1000"):
        people.change_profile(archive, ada, None, "x" * 1001)
    people.change_profile(archive, ada, " ", "")
    found = find_person(archive, ada)
    assert found is not None
    assert (found.display_name, found.bio) == (None, None)


def picture(form: str = "JPEG", **more: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), (10, 120, 200)).save(out, form, **more)
    return out.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_becomes_a_small_square_with_nothing_else_in_it(
    archive: Archive, ada: str, form: str
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "CANARY-WORDS"
    more = {} if form == "GIF" else {"exif": exif}
    avatars.set_avatar(archive, ada, picture(form, **more) + b"<script>CANARY-WORDS</script>")
    found = find_person(archive, ada)
    assert found is not None
    assert found.avatar_key
    data = avatars.find_avatar(archive, found.avatar_key)
    assert data is not None
    assert b"CANARY-WORDS" not in data
    made = Image.open(BytesIO(data))
    assert (made.format, made.size, dict(made.getexif())) == ("WEBP", (320, 320), {})


def bomb() -> bytes:
    out = BytesIO()
    Image.new("1", (8_000, 7_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff" + b"x" * 100,
     picture()[:400], b"%PDF-1.7", bytes(9 * 1024 * 1024)],
    ids=["nothing", "stub", "svg", "noise", "cut", "pdf", "too long"],
)  # fmt: skip
def test_what_is_no_picture_is_refused_and_the_old_one_stays(
    archive: Archive, ada: str, data: bytes
) -> None:
    avatars.set_avatar(archive, ada, picture())
    before = find_person(archive, ada)
    with pytest.raises(AccountError):
        avatars.set_avatar(archive, ada, data)
    assert find_person(archive, ada) == before


def test_a_picture_that_unfolds_to_far_more_is_refused(archive: Archive, ada: str) -> None:
    with pytest.raises(AccountError, match="million pixels"):
        avatars.set_avatar(archive, ada, bomb())


def test_a_picture_that_was_replaced_or_whose_person_is_hidden_is_gone(
    archive: Archive, ada: str
) -> None:
    keys = []
    for _ in range(2):
        avatars.set_avatar(archive, ada, picture())
        found = find_person(archive, ada)
        assert found is not None
        keys.append(found.avatar_key or "")
    assert avatars.find_avatar(archive, keys[0]) is None
    assert avatars.find_avatar(archive, keys[1]) is not None
    people.change_state(archive, ada, people.SUSPENDED)
    assert avatars.find_avatar(archive, keys[1]) is None
    people.change_state(archive, ada, people.ACTIVE)
    avatars.drop_avatar(archive, ada)
    assert avatars.find_avatar(archive, keys[1]) is None


def test_credentials_are_ones_own_word_until_somebody_looked(archive: Archive, ada: str) -> None:
    credentials.add(archive, ada, "  Radiologist,\n12 years ")
    [one] = credentials.of_person(archive, ada)
    assert (one.text, one.status, one.is_verified) == ("Radiologist, 12 years", "self", False)
    for text in ("", " \n", "x" * 121):
        with pytest.raises(AccountError):
            credentials.add(archive, ada, text)
    for number in range(7):
        credentials.add(archive, ada, f"number {number}")
    with pytest.raises(AccountError, match="8"):
        credentials.add(archive, ada, "one too many")
    with writing(archive.engine) as connection:
        other = insert_person(connection, "ben", {})
    credentials.remove(archive, other, one.id)
    assert len(credentials.of_person(archive, ada)) == 8
    credentials.remove(archive, ada, one.id)
    assert len(credentials.of_person(archive, ada)) == 7


def test_a_language_is_kept_on_the_account_and_met_again_in_another_browser(
    tmp_path: Path,
) -> None:
    with town(tmp_path, access="open") as here:
        here.person("ann")
        ours = {"Sec-Fetch-Site": "same-origin"}
        here.browser("ann").post("/look", data={"locale": "en-XA"}, headers=ours)
        here.browser("ann").post("/look", data={"locale": "nonsense"}, headers=ours)
        assert '<html lang="en-XA"' in here.browser("ann").get("/about").text
        assert '<html lang="en"' in here.browser().get("/about").text
        chosen = here.browser("ann")
        chosen.set_cookie("dt_locale", "ar-XB")
        assert '<html lang="ar-XB"' in chosen.get("/about").text
