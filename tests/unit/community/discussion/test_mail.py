"""Mails go to who asked for them, say what a notification says, and stop when they are told to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import insert, select, update

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import SettingsError
from community.discussion import mailing, notifying
from community.discussion.errors import TalkError
from community.discussion.mail_choices import addresses_of, choice_of, choose
from community.discussion.notices import list_notices, mark_read
from community.ids import new_id
from community.mail.settings import MailSettings
from community.models import identity
from community.talk_models import mail_out
from tests.people import Town, town
from tests.services import free_port
from tests.talk import a_case, reader, say

CASE, UNKNOWN = "plaincase", "unknowncase"


class Box:
    """A mail server on this machine: keeps what it takes, and refuses when it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 taken"
        self.port = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("2"):
            found = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(found, EmailMessage)
            self.mails.append(found)
        return self.answer


@pytest.fixture
def box() -> Iterator[Box]:
    made = Box()
    made.port = free_port()
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    yield made
    controller.stop()


@pytest.fixture
def settings(box: Box) -> MailSettings:
    return MailSettings("127.0.0.1", box.port, False, "DicomTube <news@dicomtube.example>")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle in ("ann", "ben"):
            found.person(handle)
        a_case(found.archive, found.ids["ann"], CASE)
        a_case(found.archive, found.ids["ann"], UNKNOWN, is_unknown=True, diagnosis="CANARYOMA")
        yield found


@pytest.fixture(autouse=True)
def ben(here: Town) -> str:
    """Somebody with a confirmed address and one that is not, who wants mail when mentioned."""
    with writing(here.archive.engine) as connection:
        connection.execute(mail_out.delete())
        connection.execute(identity.delete())
    known = sign_in_by(here, "google", "ben@example.org", confirmed=True)
    sign_in_by(here, "facebook", "typed@example.org", confirmed=False)
    choose(here.archive, here.ids["ben"], known, [notifying.MENTION])
    return known


def sign_in_by(here: Town, provider: str, email: str, *, confirmed: bool) -> str:
    made = new_id()
    row = {
        "id": made, "person": here.ids["ben"], "provider": provider, "subject": made,
        "email": email, "email_verified": confirmed, "is_relay": False,
        "linked_at": datetime.now(UTC),
    }  # fmt: skip
    with writing(here.archive.engine) as connection:
        connection.execute(insert(identity).values(row))
    return made


def states(archive: Archive) -> list[str]:
    with reading(archive.engine) as connection:
        return list(connection.scalars(select(mail_out.c.state)))


def test_who_asked_for_it_gets_one_mail_that_leads_back(
    here: Town, box: Box, settings: MailSettings
) -> None:
    made = say(here.archive, here.ids["ann"], CASE, "secret words for @ben")
    assert mailing.send_waiting(here.archive, settings) == 1
    assert mailing.send_waiting(here.archive, settings) == 0
    [mail] = box.mails
    assert mail["To"] == "ben@example.org"
    assert mail["Subject"] == "ann mentions you in “A case”"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_content()
    assert f"/cases/{CASE}?at={made}#c-{made}" in body
    assert "secret words" not in mail.as_string()
    assert states(here.archive) == ["sent"]


def test_of_an_unknown_case_a_mail_tells_no_more_than_its_page(
    here: Town, box: Box, settings: MailSettings
) -> None:
    say(here.archive, here.ids["ann"], UNKNOWN, "CANARYOMA for @ben")
    mailing.send_waiting(here.archive, settings)
    [mail] = box.mails
    assert "CANARYOMA" not in mail.as_string()
    assert "Cough for three weeks" in mail["Subject"]


def test_the_link_in_a_mail_stops_them(here: Town, box: Box, settings: MailSettings) -> None:
    say(here.archive, here.ids["ann"], CASE, "hello @ben")
    mailing.send_waiting(here.archive, settings)
    found = re.search(r"<https?://[^/]+(/mail/stop/[^>]+)>", str(box.mails[0]["List-Unsubscribe"]))
    assert found is not None
    browser = here.browser()
    assert browser.get(found[1]).status_code == 200
    assert choice_of(here.archive, here.ids["ben"]).kinds
    one_click = browser.post(found[1], data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert choice_of(here.archive, here.ids["ben"]).kinds == frozenset()
    say(here.archive, here.ids["ann"], CASE, "hello again @ben")
    assert mailing.send_waiting(here.archive, settings) == 0
    assert browser.post("/mail/stop/nothing").status_code == 404


def test_what_was_read_meanwhile_or_lost_its_address_is_not_mailed(
    here: Town, box: Box, settings: MailSettings
) -> None:
    say(here.archive, here.ids["ann"], CASE, "hello @ben")
    latest = list_notices(here.archive, reader(here.archive, here.ids["ben"])).items[0]
    mark_read(here.archive, here.ids["ben"], latest.id)
    assert mailing.send_waiting(here.archive, settings) == 0
    say(here.archive, here.ids["ann"], CASE, "hello @ben again")
    with writing(here.archive.engine) as connection:
        connection.execute(update(identity).values(email_verified=False))
    assert mailing.send_waiting(here.archive, settings) == 0
    assert (states(here.archive), box.mails) == (["dropped", "dropped"], [])


def test_a_server_that_is_busy_or_away_is_asked_again_and_one_that_refuses_is_not(
    here: Town, box: Box, settings: MailSettings
) -> None:
    say(here.archive, here.ids["ann"], CASE, "hello @ben")
    box.answer = "451 later"
    assert mailing.send_waiting(here.archive, settings) == 0
    assert mailing.send_waiting(here.archive, settings) == 0  # it is not due yet
    again(here)
    away = MailSettings("127.0.0.1", 1, False, settings.sender)
    assert mailing.send_waiting(here.archive, away) == 0
    assert states(here.archive) == ["waiting"]
    again(here)
    box.answer = "550 no"
    assert mailing.send_waiting(here.archive, settings) == 0
    assert states(here.archive) == ["dropped"]


def again(here: Town) -> None:
    with writing(here.archive.engine) as connection:
        connection.execute(update(mail_out).values(due_at=datetime.now(UTC)))


def test_only_confirmed_addresses_of_ones_own_and_known_kinds_are_chosen(
    here: Town, ben: str
) -> None:
    assert [one.email for one in addresses_of(here.archive, here.ids["ben"])] == ["ben@example.org"]
    for person, address, kinds in (
        ("ann", ben, ["mention"]), ("ben", "", ["mention"]), ("ben", ben, ["weather"]),
    ):  # fmt: skip
        with pytest.raises(TalkError):
            choose(here.archive, here.ids[person], address, kinds)
    choose(here.archive, here.ids["ben"], "", [])
    assert choice_of(here.archive, here.ids["ben"]).identity is None


def test_settings_say_what_is_wrong(tmp_path: Path) -> None:
    read = MailSettings.from_environment
    assert read({}) is None
    secret = tmp_path / "password"
    secret.write_text("pass word\n")
    good = {
        "DICOMTUBE_SMTP_URL": "smtps://me%40here@mail.example",
        "DICOMTUBE_SMTP_PASSWORD_FILE": str(secret),
        "DICOMTUBE_MAIL_FROM": "news@dicomtube.example",
    }
    found = read(good)
    assert found is not None
    assert (found.user, found.password, found.port) == ("me@here", "pass word", 465)
    assert "pass word" not in repr(found)
    plain = read({**good, "DICOMTUBE_SMTP_URL": "smtp://me@mail.example"})
    assert plain is not None
    assert plain.needs_starttls
    for name, value in (
        ("DICOMTUBE_SMTP_URL", "http://mail.example"),
        ("DICOMTUBE_SMTP_URL", "smtp://me:secret@mail.example"),
        ("DICOMTUBE_SMTP_URL", "smtp://mail.example"),
        ("DICOMTUBE_SMTP_PASSWORD_FILE", "/nothing/here"),
        ("DICOMTUBE_SMTP_PASSWORD_FILE", ""),
        ("DICOMTUBE_MAIL_FROM", "nobody"),
    ):
        with pytest.raises(SettingsError):
            read({**good, name: value})
