"""A letter is sent once and then gone; what cannot be delivered is given up and told of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import delete, func, select, update

from archive.archive import Archive
from archive.database import reading, writing
from community.accounts.people import insert_person
from community.mail import letters
from community.mail.letters import Letter, post, send_letters
from community.mail.settings import MailSettings
from community.models import person
from community.request_models import letter
from tests.archives import new_archive
from tests.services import free_port


class Box:
    """A mail server on this machine."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answer = "250 taken"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("2"):
            self.taken.append(envelope.content)
        return self.answer


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    found = new_archive(tmp_path_factory.mktemp("archive"))
    yield found
    found.close()


@pytest.fixture(autouse=True)
def _empty(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        connection.execute(delete(letter))


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Box, MailSettings]]:
    box, port = Box(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, MailSettings("127.0.0.1", port, False, "DicomTube <news@dicomtube.example>")
    controller.stop()


@pytest.fixture
def box(served: tuple[Box, MailSettings]) -> Box:
    served[0].taken.clear()
    served[0].answer = "250 taken"
    return served[0]


@pytest.fixture
def settings(served: tuple[Box, MailSettings]) -> MailSettings:
    return served[1]


def write(archive: Archive, address: str = "a@example.org", **more: str) -> None:
    with writing(archive.engine) as connection:
        post(connection, Letter(address, "A subject", "Some words.\n", **more))


def due_again(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        connection.execute(update(letter).values(due_at=datetime.now(UTC)))


def waiting(archive: Archive) -> int:
    with reading(archive.engine) as connection:
        return connection.scalar(select(func.count()).select_from(letter)) or 0


def test_a_letter_is_sent_once_and_nothing_of_it_is_kept(
    archive: Archive, box: Box, settings: MailSettings
) -> None:
    lost: list[Letter] = []
    write(archive)
    assert send_letters(archive, settings, lambda _, one: lost.append(one)) == 1
    assert send_letters(archive, settings, lambda _, one: lost.append(one)) == 0
    [mail] = box.taken
    assert b"Subject: A subject" in mail
    assert b"Auto-Submitted: auto-generated" in mail
    assert b"Some words." in mail
    assert (waiting(archive), lost) == (0, [])


def test_what_is_refused_for_good_is_given_up_at_once(
    archive: Archive, box: Box, settings: MailSettings
) -> None:
    box.answer = "550 nobody of that name"
    lost: list[Letter] = []
    write(archive)
    assert send_letters(archive, settings, lambda _, one: lost.append(one)) == 0
    assert [one.address for one in lost] == ["a@example.org"]
    assert waiting(archive) == 0


def test_what_is_refused_for_now_comes_again_and_is_given_up_in_the_end(
    archive: Archive, box: Box, settings: MailSettings
) -> None:
    box.answer = "451 later"
    lost: list[Letter] = []
    write(archive)
    for _ in range(letters.max_tries):
        assert send_letters(archive, settings, lambda _, one: lost.append(one)) == 0
        assert send_letters(archive, settings, lambda _, one: lost.append(one)) == 0
        assert (waiting(archive), lost) == (1, [])
        due_again(archive)
    send_letters(archive, settings, lambda _, one: lost.append(one))
    assert (waiting(archive), len(lost)) == (0, 1)


def test_an_address_that_the_server_cannot_spell_does_not_keep_others_from_theirs(
    archive: Archive, box: Box, settings: MailSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[Letter] = []
    write(archive, "ännchen@example.org")
    write(archive)
    # This server speaks SMTPUTF8; one that does not is what is meant.
    monkeypatch.setattr("smtplib.SMTP.has_extn", lambda _self, name: False)
    assert send_letters(archive, settings, lambda _, one: lost.append(one)) == 1
    assert [one.address for one in lost] == ["ännchen@example.org"]


def test_while_no_server_answers_letters_wait(archive: Archive, settings: MailSettings) -> None:
    away = MailSettings("127.0.0.1", free_port(), False, settings.sender)
    write(archive)
    assert send_letters(archive, away, lambda *_: None) == 0
    assert waiting(archive) == 1


def test_a_letter_goes_with_the_account_that_it_is_for(archive: Archive) -> None:
    with writing(archive.engine) as connection:
        made = insert_person(connection, "ann", {})
    write(archive, person=made)
    with writing(archive.engine) as connection:
        connection.execute(delete(person).where(person.c.id == made))
    assert waiting(archive) == 0


@pytest.mark.parametrize("subject", ["one\r\nBcc: b@example.org", "one\nX: y"])
def test_a_subject_adds_no_field(
    archive: Archive, box: Box, settings: MailSettings, subject: str
) -> None:
    with writing(archive.engine) as connection:
        post(connection, Letter("a@example.org", subject, "words"))
    send_letters(archive, settings, lambda *_: None)
    head = box.taken[0].partition(b"\r\n\r\n")[0]
    assert b"\nBcc:" not in head
    assert b"\nX:" not in head
