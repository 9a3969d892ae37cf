"""What the trail promises to keep is kept where it happens: by the pages, verbs and commands."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from archive.collections import COMMUNITY
from archive.database import reading
from community.accounts import identities, offers, people
from community.accounts.people import MODERATOR, OPERATOR, Person, find_person
from community.accounts.providers import Told
from community.audit.verifying import verify
from community.audit_models import audit_event, audit_name
from ops.__main__ import main
from tests.cases import full_case, give, image, keep
from tests.people import Town, town
from tests.quarantined import ask, screen

STUDY = "1.2.66.1"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle, role in (("ann", "member"), ("mona", MODERATOR), ("boss", OPERATOR)):
            found.person(handle, role)
        keep(found.archive, image(STUDY))
        give(found.archive, STUDY, person(found, "ann"))
        yield found


def person(here: Town, handle: str) -> Person:
    found = find_person(here.archive, here.ids[handle])
    assert found is not None
    return found


def kept(here: Town, action: str) -> list[tuple[str, str, str, dict[str, object]]]:
    """Actor, target, subject and facts of the events of an action, the latest first."""
    query = select(audit_event).where(audit_event.c.action == action)
    with reading(here.archive.engine) as connection:
        rows = connection.execute(query.order_by(audit_event.c.number.desc())).all()
        names = {row.pseudonym: row.person for row in connection.execute(select(audit_name))}
    handles = {number: handle for handle, number in here.ids.items()}

    def called(name: str | None) -> str:
        return handles.get(names.get(name or "", ""), name or "")

    return [
        (called(row.actor.removeprefix("person ")), row.target, called(row.subject),
         json.loads(row.facts))
        for row in rows
    ]  # fmt: skip


def test_ways_to_sign_in_and_roles(here: Town) -> None:
    ann = here.ids["ann"]
    for subject in ("1", "2"):
        identities.link(here.archive, ann, Told("google", subject))
    identities.unlink(here.archive, ann, identities.of_person(here.archive, ann)[0].id)
    assert kept(here, "account.linked")[0] == ("ann", "", "ann", {"provider": "google"})
    assert kept(here, "account.unlinked")[0][0] == "ann"
    offers.take(here.archive, offers.offer(here.archive, MODERATOR), ann)
    assert kept(here, "account.role")[0] == ("ann", "", "ann", {"role": MODERATOR})
    people.change_role(here.archive, ann, "member")
    assert kept(here, "account.role")[0] == ("operator", "", "ann", {"role": "member"})


def test_what_is_published_with_its_confirmation(here: Town) -> None:
    case = full_case(here.archive, person(here, "ann"), STUDY)
    actor, target, subject, facts = kept(here, "case.published")[0]
    assert (actor, target, subject) == ("ann", f"case {case.id}", "ann")
    assert set(facts) == {"state", "statement"}


def test_an_operator_who_reads_a_private_study_is_seen_once_and_its_owner_is_not(
    here: Town,
) -> None:
    address = f"/community/dicom-web/studies/{STUDY}/metadata"
    assert here.browser("ann").get(address).status_code == 200
    assert kept(here, "staff.saw_study") == []
    boss = here.browser("boss")
    for _ in range(3):
        assert boss.get(address).status_code == 200
    assert kept(here, "staff.saw_study") == [("boss", f"study {COMMUNITY}/{STUDY}", "", {})]
    assert boss.get("/community/dicom-web/studies/1.9/metadata").status_code == 404
    assert len(kept(here, "staff.saw_study")) == 1


def test_who_reviews_is_seen_looking_and_deciding(here: Town) -> None:
    upload = ask(here.archive, screen(StudyInstanceUID="1.2.67.1"))
    mona = here.browser("mona")
    page = mona.get(f"/review/{upload.token}")
    assert page.status_code == 200
    actor, target, _, _ = kept(here, "staff.saw_study")[0]
    assert (actor, target) == ("mona", f"upload {upload.token}")
    token = page.text.split('name="csrf" value="')[1].split('"')[0]
    sent = mona.post(f"/review/{upload.token}/reject", data={"reason": "face", "csrf": token})
    if sent.status_code == 303:
        assert kept(here, "study.decided")[0][3] == {"how": "rejected"}


def test_operators_read_the_trail_and_are_in_it(here: Town) -> None:
    shown = here.browser("boss").get("/admin/trail?action=account.role&person=ann")
    assert shown.status_code == 200
    assert "@ann" in shown.text
    assert kept(here, "staff.saw_trail")[0][:3] == ("boss", "", "ann")
    assert here.browser("mona").get("/admin/trail").status_code == 403
    assert here.browser("boss").get("/admin/trail?person=nobody").status_code == 404
    assert here.browser("boss").get("/admin/trail?action=x").status_code == 400
    assert here.browser("boss").get("/admin/trail?before=x").status_code == 404


def test_the_command_says_whether_it_is_whole(
    here: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DICOMTUBE_HOME", str(here.archive.settings.home))
    assert main(["audit", "verify"]) == 0
    told = capsys.readouterr().out
    end = verify(here.archive).end.hex()
    assert end in told
    assert main(["audit", "verify", "--known", end]) == 0
    assert main(["audit", "verify", "--known", "00" * 31 + "01"]) == 1
    assert "written anew" in capsys.readouterr().err
    assert main(["audit", "verify", "--known", "xyz"]) == 2
