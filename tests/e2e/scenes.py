"""What people of a town have, for pages that are looked at: cases, talk, questions, links, uploads.

May live here: how each is made, and by which names addresses find it. May not: expectations.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import delete, insert, update

from archive import uploads
from archive.database import writing
from archive.tokens import create_token
from community.accounts import credentials, identities, people, sessions
from community.accounts.people import Person, find_person
from community.accounts.providers import Told
from community.assistant.payload import IDENTIFIES
from community.assisting import asking
from community.assisting import rows as assisted
from community.assisting.settings import AssistantSettings
from community.assisting.terms import TERMS
from community.cases import editing, pictures, publishing, studies
from community.cases.model import AFTER_ANSWER, DISCUSSION, Section
from community.cases.pictures import Shown
from community.cases.readers import Reader
from community.cases.reading import view_case
from community.discussion import following, opinions
from community.discussion.model import Spot
from community.discussion.writing import Words, delete_comment, edit_comment
from community.finding.tagging import add_tag
from community.ids import new_id
from community.models import link as link_table
from community.models import policy_acceptance, session
from community.moderation.deciding import appeal, decide
from community.moderation.queue import list_own
from community.moderation.reporting import report_something
from community.quizzes.attempts import give_up
from community.quizzes.model import CHOICE, FREE, LOCATE
from community.quizzes.playlists import PRIVATE, PUBLIC, Wording, add_case, make_playlist
from community.quizzes.questions import Wish, add_question
from community.requests import kinds, provider_wishes
from community.requests.provider_wishes import Told as Gone
from community.rights import copies
from community.rights_models import export_job
from community.sharing.links import CASE, make_link
from community.sharing.links import STUDY as STUDY_LINK
from community.sharing.links import Wish as LinkWish
from community.sharing.passes import open_pass
from tests import asked
from tests.assistant import AWAY
from tests.cases import TEXT, VERSION, full_case, give, image, keep, place
from tests.people import Town
from tests.quarantined import ask, screen
from tests.talk import reader, say

Names = dict[str, str]
STUDY, OTHER, SCREEN = "1.2.1", "1.2.2", "1.2.826.55.20"
LONG = "Two **signs**:\n\n- one\n- two\n\n| Sign | Seen |\n|---|---|\n| face | yes |\n\n[A](https://a.example)"
TABLE = "\n\n| sign | side | size | seen on |\n|---|---|---|---|\n| a | left | 12 mm | T2 |\n"


def person(here: Town, handle: str) -> Person:
    found = find_person(here.archive, here.ids[handle])
    assert found is not None
    return found


def slice_of(study: str, number: int) -> bytes:
    """A bright disc in a larger one, somewhere else in each slice."""
    y, x = np.mgrid[:128, :128]
    pixels = 500 * (np.hypot(x - 64, y - 64) < 50) + 400 * (
        np.hypot(x - 40 - 6 * number, y - 60) < 9
    )
    return image(
        study, number, Rows=128, Columns=128, PixelData=pixels.astype("<u2").tobytes(),
        ImagePositionPatient=[0, 0, number], ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        PixelSpacing=[1, 1],
    )  # fmt: skip


def cases(here: Town, _: Names) -> Names:
    """Cases of ann's in several states, and a profile that has everything."""
    archive, ann = here.archive, person(here, "ann")
    people.change_profile(archive, ann.id, "Dr. Ann Example", "Looks at heads.\nTeaches.")
    credentials.add(archive, ann.id, "Radiologist, 12 years")
    for number, provider in enumerate(("google", "apple")):
        told = Told(provider, f"ann-{number}", "ann@example.org", email_verified=True)
        identities.link(archive, ann.id, told)
    keep(archive, *(slice_of(STUDY, number) for number in range(1, 4)), slice_of(OTHER, 1))
    for study in (STUDY, OTHER):
        give(archive, study, ann)
    case = full_case(archive, ann, STUDY)
    pictures.add_key_images(archive, ann, case.id, [place(STUDY, 2)])
    first, second = view_case(archive, Reader(ann), case.id).key_images
    told_of = Shown("The sign", "A bright disc", (0.3, 0.35, 0.2, 0.2))
    pictures.edit_key_image(archive, ann, case.id, first.id, told_of)
    pictures.edit_key_image(archive, ann, case.id, second.id, Shown("", "A disc further down"))
    more = (*TEXT.sections, Section(DISCUSSION, LONG, AFTER_ANSWER))
    changed = editing.edit_case(archive, ann, case.id, None, replace(TEXT, sections=more))
    add_tag(archive, view_case(archive, Reader(ann), case.slug), "midbrain")
    draft = full_case(archive, ann, STUDY, state=None, title="The case of Dr. Miller")
    gone = full_case(archive, ann, STUDY)
    publishing.tombstone(archive, ann, gone.id)
    return {
        "case": case.slug, "case_id": case.id, "revision": str(changed.version), "study": STUDY,
        "key_image": first.id, "draft": draft.slug, "gone": gone.slug,
        "blank": editing.make_case(archive, ann).slug,
    }  # fmt: skip


def talk(here: Town, names: Names) -> Names:
    """Comments of every kind on the public case; one of ben's was changed and accepted."""
    archive, ids, slug = here.archive, here.ids, names["case"]
    ann = Reader(person(here, "ann"))
    following.follow(archive, reader(archive, ids["ben"]), "person", ids["ann"])
    following.follow(archive, reader(archive, ids["ben"]), "case", names["case_id"])
    spot = Spot("", *place(STUDY)[:3], 1, (0.4, 0.4, 0.2, 0.2), (127.0, 255.0))
    root = say(archive, ids["cleo"], slug, "See **here**, @ben:" + TABLE, spot=spot)
    above = root
    for number, who in enumerate(("ann", "ben", "cleo", "ann", "ben")):
        text = f"Answer {number}: " + "`code` and words " * 3
        above = say(archive, ids[who], slug, text, above)
    gone = say(archive, ids["ann"], slug, "gone")
    say(archive, ids["cleo"], slug, "to what is gone", gone)
    delete_comment(archive, ann, slug, gone)
    mine = say(archive, ids["ben"], slug, "Wilson disease", is_spoiler=True)
    ben = reader(archive, ids["ben"])
    edit_comment(archive, ben, slug, mine, 1, Words("Surely *Wilson disease*", is_spoiler=True))
    opinions.accept(archive, ann, slug, mine, is_accepted=True)
    opinions.vote(archive, reader(archive, ids["cleo"]), slug, mine, is_helpful=True)
    return {"comment": mine, "thread": root}


def helping(here: Town, names: Names) -> Names:
    """What a text service proposed for the public case, and a draft that it was not told of."""
    archive, ann, now = here.archive, person(here, "ann"), datetime.now(UTC)
    settings = AssistantSettings.from_environment(AWAY)
    assert settings is not None
    ids = {slug: view_case(archive, Reader(ann), names[slug]).case.id for slug in ("case", "draft")}
    for case in ids.values():
        asking.allow(archive, settings, ann, case, TERMS[settings.tier].version)
        asking.ask(archive, settings, ann, case)
    plain = "A girl had a tremor.\n\nThe images show where copper was kept in her brain."
    said = [("tag", "Tremor"), ("tag", "Tegmentum"), ("language", "en"), ("summary", plain)]
    states = [*([assisted.OPEN] * len(said)), assisted.ACCEPTED]
    proposals = [
        {
            "id": new_id(), "case_id": ids["case"], "kind": kind, "text": text,
            "model": settings.model, "made_at": now, "state": state,
        }
        for (kind, text), state in zip([*said, said[-1]], states, strict=True)
    ]  # fmt: skip
    with writing(archive.engine) as connection:
        assisted.keep_suggestions(connection, proposals)
        assisted.note_wish(connection, ids["case"], state=assisted.DONE)
        assisted.note_wish(
            connection, ids["draft"], state=assisted.WITHHELD, reason=IDENTIFIES, field="title"
        )
    return {}


def quiz(here: Town, _: Names) -> Names:
    """An unknown case with a question of each kind that cleo knows, and playlists of it."""
    archive, ann = here.archive, person(here, "ann")
    slice_uids = {"StudyInstanceUID": SCREEN, "SeriesInstanceUID": f"{SCREEN}.1"}
    keep(archive, screen(**slice_uids, SOPInstanceUID=f"{SCREEN}.1.1"))
    give(archive, SCREEN, ann)
    case = editing.make_case(archive, ann, replace(TEXT, is_unknown=True))
    case = studies.add_study(archive, ann, case.id, SCREEN)
    told = Shown("The slice", "A slice of the midbrain", (0.4, 0.4, 0.2, 0.2))
    pictures.add_key_images(archive, ann, case.id, [place(SCREEN)], told)
    picture = view_case(archive, Reader(ann), case.id).key_images[0]
    for wish in (
        Wish(FREE, "What is it?", ["Wilson disease"]),
        Wish(CHOICE, "What is deposited?", ["Iron", "Copper", "Manganese"], 1),
        Wish(LOCATE, "Where is the sign?", key_image=picture.id),
    ):
        add_question(archive, Reader(ann), case.id, wish)
    publishing.publish(archive, ann, case.id, None, VERSION, looked=True)
    give_up(archive, Reader(person(here, "cleo")), case.slug)
    lists = {}
    for name, visibility in (("playlist", PUBLIC), ("own_playlist", PRIVATE)):
        made = make_playlist(archive, Reader(ann), Wording("Midbrain", "Two or three.", visibility))
        add_case(archive, Reader(ann), made.id, case.id)
        lists[name] = made.slug
    return {"unknown": case.slug, "unknown_id": case.id, **lists}


def sharing(here: Town, names: Names) -> Names:
    """Links of ann's, of each kind of entrance, and a token."""
    archive, ann = here.archive, here.principal("ann")
    made = {}
    wishes = {
        "link": LinkWish(CASE, names["case_id"], "Tumour board"),
        "study_link": LinkWish(STUDY_LINK, f"community/{STUDY}"),
        "locked": LinkWish(STUDY_LINK, f"community/{STUDY}", password="correct horse"),
        "revoked": LinkWish(STUDY_LINK, f"community/{STUDY}", "Over"),
    }
    for name, wish in wishes.items():
        one, secret = make_link(archive, ann, wish, lambda *_: True)
        made |= {name: one.id, f"{name}_secret": secret}
    with writing(archive.engine) as connection:
        over = update(link_table).where(link_table.c.id == made["revoked"])
        connection.execute(over.values(revoked_at=one.created_at))
    passes = [
        open_pass(archive, made[f"{name}_secret"], None)[1] for name in ("link", "study_link")
    ]
    create_token(archive, "3D Slicer", [("community", "read")], person=here.ids["ann"])
    return {**made, "guest": ".".join(passes)}


def rights(here: Town, _: Names) -> Names:
    """Copies of ann's in every state, rhea who restricted her account, and a session of old."""
    archive, now = here.archive, datetime.now(UTC)
    people.change_state(archive, here.person("rhea"), people.RESTRICTED)
    states = (copies.WAITING, copies.READY, copies.FETCHED, copies.FAILED, copies.GONE)
    rows = [
        {
            "id": new_id(), "person": here.ids["ann"], "state": state, "with_studies": True,
            "asked_at": now, "changed_at": now, "expires_at": now, "fetched_at": now, "size": 10**8,
        }
        for state in states
    ]  # fmt: skip
    with writing(archive.engine) as connection:
        connection.execute(insert(export_job), rows)
        stale = sessions.begin(connection, here.ids["ben"], "a test")
        of_ben = update(session).where(session.c.person == here.ids["ben"])
        connection.execute(of_ben.values(reauthenticated_at=now - timedelta(days=1)))
    return {"stale": stale}


def bringing(here: Town, _: Names) -> Names:
    """Uploads of ann's in each state, and what waits for the review."""
    archive, sent = here.archive, {}
    by_ann = here.principal("ann").name
    for number, state in enumerate((uploads.PUBLISHED, uploads.REJECTED, uploads.REVIEW), 1):
        uid = f"1.2.826.55.6{number}"
        data = screen(seed=number + 5, StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.1")
        one = ask(archive, data, sender=by_ann)
        uploads.set_state(archive, one, state, "a face can be recognized" * (number == 2))
        sent[f"mine_{state}".replace(" ", "_")] = one.token
    waiting = ask(archive, screen(seed=9, StudyInstanceUID="1.2.826.55.69"))
    return {**sent, "waiting": waiting.token}


def newer_terms(here: Town, _: Names) -> Names:
    """Somebody who agreed to what holds no more."""
    otto = here.person("otto")
    with writing(here.archive.engine) as connection:
        connection.execute(delete(policy_acceptance).where(policy_acceptance.c.person == otto))
    return {}


def requests(here: Town, names: Names) -> Names:
    """What people asked: unanswered, overdue, talked about, closed; by link and by account."""
    archive, boss = here.archive, here.ids["boss"]
    late = asked.came(archive, kinds.ACCESS, days_ago=40, about=f"/cases/{names['case']}")
    asked.came(archive, kinds.CONTACT, days_ago=25, words="What is a DICOMweb root?")
    asked.came(archive, kinds.TAKEDOWN, words="A picture of me. " * 40, email="", reach="01234 5")
    talked = asked.talked_about(archive, boss, asked.came(archive, kinds.RECTIFY))
    ended = asked.closed(archive, boss, asked.came(archive, kinds.PORTABILITY))
    own = asked.came_signed_in(archive, here.ids["ben"])
    provider_wishes.erase_told(archive, Gone("facebook", "1", "data-deletion"), "c0de")
    return {
        "late_ticket": late.id,
        "talked_ticket": talked.id,
        "ended_ticket": ended.id,
        "own_ticket": own.id,
        "request_link": asked.mailed_link(archive, late),
        "talked_link": asked.mailed_link(archive, talked),
        "ended_link": asked.mailed_link(archive, ended),
        "deletion_code": "c0de",
    }


def moderation(here: Town, names: Names) -> Names:
    """What was reported of olga: a case that is hidden, and what was decided, and appealed."""
    archive, olga = here.archive, here.person("olga")
    people.change_profile(archive, olga, "Dr. Olga", "I know better than all of you.")
    keep(archive, image("1.2.88.1"))
    give(archive, "1.2.88.1", person(here, "olga"))
    told = "A name stands in the corner of the second image."
    case = full_case(archive, person(here, "olga"), "1.2.88.1", title="The case of somebody")
    said = say(archive, olga, names["case"], "You are all wrong.")
    ben, mona = Reader(person(here, "ben")), person(here, "mona")
    things = (
        (Reader(), "case", case.slug, "identifying"),
        (ben, "profile", "olga", "abuse"),
        (ben, "comment", f"{names['case']}/{said}", "wrong"),
    )
    made = []
    for who, kind, name, reason in things:
        report_something(archive, who, None, kind, name, reason, told)
        made.append(list_own(archive, person(here, "olga"))[0][0].matter.id)
    for one in made[1:]:
        decide(archive, mona, one, "remove", "Nobody is to be mocked here.")
    appeal(archive, person(here, "olga"), made[2], "I only said what is true.")
    return {
        "hidden_case": case.slug,
        **dict(zip(("matter", "decided", "appealed"), made, strict=True)),
    }
