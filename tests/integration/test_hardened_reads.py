"""What people and files say is text; nothing leads elsewhere; nobody sees what is not theirs.

Every route that reads is tried with the addresses of everything that a full server has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from defusedxml import ElementTree
from flask.testing import FlaskClient
from sqlalchemy import Column, Text
from werkzeug.test import TestResponse

from archive.archive import Archive
from community.accounts.csrf import token_of
from community.accounts.signed_in import COOKIE
from tests.people import Town, town
from tests.peopled import Things, columns_of_words, fill, instead, poison, rows
from tests.reading_html import Form, dangers_in, forms_in
from tests.walking import READS, WRITES, Door, doors

MARK = "xcanary"
HOSTILE = (
    f"\"'><{MARK} {MARK}=1 onmouseover=alert(1)><script>alert(1)</script>"
    f"<img src=x onerror=alert(1)></textarea></title></script><{MARK}>"
    "[a](javascript:alert(1)) [b](data:text/html,x) ![c](javascript:alert(1)) <javascript:alert(1)>"
    f" {{{{7*7}}}} ]]> <!-- {MARK} &lt;{MARK}&gt;"
)
SECRET = "Quokkatoma"

# Columns of text that are no text of a person: codes, addresses and JSON of our own.
SPARED = frozenset(
    {
        "audit_event.facts",
        "link.target",
        "link.password_hash",
        "mail_choice.kinds",
        "medical_case.modalities",
        "posted_answer.fields",
        "quiz_question.answer_json",
        "quiz_question.options_json",
        "sign_in_attempt.next_path",
        "sign_up.next_path",
    }
)

# Columns whose word says whether a row is shown at all, and as what.
DECIDING = frozenset(
    {
        "created_by",
        "kind",
        "provider",
        "purpose",
        "reveal",
        "role",
        "series_instance_uid",
        "sop_instance_uid",
        "state",
        "status",
        "study_instance_uid",
        "thread",
        "tombstone",
        "visibility",
    }
)

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "/%5cevil.example",
    "/%2f/evil.example",
    "http://localhost@evil.example/",
    "/\r\nLocation: https://evil.example/",
)
NEXT = ("next", "url", "return", "return_to", "redirect", "continue", "back", "to")


def is_page(door: Door) -> bool:
    """DICOMweb has tests of its own; the viewer is the files of its project."""
    return not door.is_dicomweb and door.blueprint not in ("viewer", "telemetry")


def open_all(
    browser: FlaskClient, app_doors: list[Door], things: Things
) -> Iterator[tuple[Door, str, TestResponse]]:
    for door in app_doors:
        for address in things.addresses(door):
            yield door, address, browser.open(address, method=door.method)


def token(browser: FlaskClient) -> dict[str, str]:
    cookie = browser.get_cookie(COOKIE)
    return {} if cookie is None else {"X-CSRF-Token": token_of(cookie.value)}


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Things]]:
    with filled(tmp_path_factory.mktemp("poisoned"), hostile=True) as found:
        yield found


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Things]]:
    with filled(tmp_path_factory.mktemp("peopled"), hostile=False) as found:
        yield found


class filled:  # noqa: N801 - a context, as `town` is
    """A server with everything on it, and hostile text in all of that if wanted."""

    def __init__(self, home: Path, *, hostile: bool) -> None:
        self._town, self._hostile = town(home), hostile

    def __enter__(self) -> tuple[Town, Things]:
        here = self._town.__enter__()
        for handle, role in (("ann", "member"), ("ben", "member"), ("boss", "operator")):
            here.person(handle, role)
        attributes = {}
        if self._hostile:
            short = f'"><{MARK} onx=1>'
            attributes = {
                "PatientName": short,
                "PatientID": short,
                "StudyDescription": short,
                "SeriesDescription": short,
                "InstitutionName": short,
                "AccessionNumber": "'><b on=1>",
                "ImageComments": HOSTILE,
            }
        things = fill(here, "ann", "ben", SECRET, **attributes)
        if self._hostile:
            poison(here.archive, HOSTILE, SPARED)
        return here, things

    def __exit__(self, *error: object) -> None:
        self._town.__exit__(*error)  # type: ignore[arg-type]


def markup_in(answer: TestResponse) -> Iterator[str]:
    """Whatever of an answer a reader would take for HTML."""
    kind = answer.mimetype
    if kind == "text/html":
        yield answer.text
    elif kind.endswith("xml"):
        for element in ElementTree.fromstring(answer.data).iter():
            yield f"<{element.tag.rpartition('}')[2]}>"
            yield element.text or ""
    elif kind.endswith("json"):
        yield from _html_members(json.loads(answer.data))


def _html_members(found: object) -> Iterator[str]:
    if isinstance(found, dict):
        for name, value in found.items():
            if "html" in str(name) and isinstance(value, str):
                yield value
            yield from _html_members(value)
    elif isinstance(found, list):
        for value in found:
            yield from _html_members(value)


@pytest.mark.parametrize("who", ["ann", "boss", None])
def test_hostile_text_is_text_on_every_page(poisoned: tuple[Town, Things], who: str | None) -> None:
    here, things = poisoned
    wrong, shown = {}, set()
    for door, address, answer in open_all(
        here.browser(who), doors(here.app, READS, is_page), things
    ):
        if answer.status_code >= 500:
            wrong[address] = [answer.status]
        if MARK.encode() in answer.data:
            shown.add(door.rule)
        found = [danger for part in markup_in(answer) for danger in dangers_in(part, MARK)]
        if found:
            wrong[address] = found
    assert wrong == {}
    # What was tried did reach the pages.
    expected = {
        "/cases/<slug>",
        "/cases/<slug>/revisions/<int:number>",
        "/cases/<slug>/comments/<comment_id>/history",
        "/u/<handle>",
        "/cases/<slug>/comments",
    }
    if who == "ann":
        expected |= {"/settings/links", "/cases/<slug>/edit", "/settings/profile"}
    assert expected <= shown


def by_table(archive: Archive) -> Iterator[list[Column[Any]]]:
    """Columns for short words: those of a table together, those that decide what is shown alone."""
    short = [one for _, one in columns_of_words() if not isinstance(one.type, Text)]
    yield from ([one] for one in short if one.name in DECIDING)
    rest = [one for one in short if one.name not in DECIDING]
    for table in sorted({one.table.name for one in rest}):
        yield [one for one in rest if one.table.name == table]


def test_no_short_word_of_any_table_becomes_markup(peopled: tuple[Town, Things]) -> None:
    """Whatever stood in a column for states, codes and names of browsers, pages show it as text."""
    here, things = peopled
    browser, wrong, shown, tried = here.browser("ann"), {}, set(), 0
    pages = doors(here.app, READS, lambda door: is_page(door) and not door.is_api)
    all_of = [next(iter(things.addresses(door))) for door in pages]
    addresses_of = [one for one in all_of if browser.get(one).status_code == 200]
    for columns in by_table(here.archive):
        tried += len(columns)
        names = ", ".join(map(str, columns))
        with instead(here.archive, columns, HOSTILE):
            for address in addresses_of:
                # What nobody could have written may break a page, but not into markup.
                answer = browser.get(address)
                if answer.mimetype != "text/html" or MARK.encode() not in answer.data:
                    continue
                shown.add(columns[0].table.name)
                if found := dangers_in(answer.text, MARK):
                    wrong[f"{names} at {address}"] = found
    assert wrong == {}
    assert tried > 30
    assert {"session", "medical_case"} <= shown


@pytest.mark.parametrize("who", ["ann", None])
def test_no_answer_leads_to_another_place(peopled: tuple[Town, Things], who: str | None) -> None:
    here, things = peopled
    wrong = {}
    for door in doors(here.app, READS, is_page):
        address = next(iter(things.addresses(door)))
        for place in ELSEWHERE:
            query = dict.fromkeys(NEXT, place)
            answer = here_browser(here, who).open(address, method="GET", query_string=query)
            where = answer.headers.get("Location", "")
            if answer.status_code >= 500 or not is_ours(where):
                wrong[f"{address} {place!r}"] = where or answer.status
    assert wrong == {}


@pytest.mark.parametrize("place", ELSEWHERE)
def test_no_form_leads_to_another_place(peopled: tuple[Town, Things], place: str) -> None:
    here, _ = peopled
    wrong = {}
    for door in doors(here.app, ("POST",), lambda door: is_page(door) and not door.is_api):
        browser = here.browser("ben")
        form = dict.fromkeys(NEXT, place)
        answer = browser.post(door.address(), data=form, headers=token(browser))
        where = answer.headers.get("Location", "")
        if answer.status_code >= 500 or not is_ours(where):
            wrong[str(door)] = where or answer.status
    assert wrong == {}


_browsers: dict[tuple[int, str | None], FlaskClient] = {}


def here_browser(here: Town, who: str | None) -> FlaskClient:
    return _browsers.setdefault((id(here), who), here.browser(who))


def is_ours(where: str) -> bool:
    """Whether a browser that is sent there stays on this server."""
    plain = "".join(sign for sign in where if sign > " ").replace("\\", "/")
    parts = urlsplit(plain)
    return (
        parts.netloc in ("", "localhost")
        and not plain.startswith("//")
        and parts.scheme
        in (
            "",
            "http",
        )
    )


def test_every_answer_says_how_it_may_be_used(peopled: tuple[Town, Things]) -> None:
    here, things = peopled
    wrong: dict[str, str] = {}
    for door, address, answer in open_all(
        here.browser("ann"), doors(here.app, READS, is_page), things
    ):
        headers = answer.headers
        policy = headers.get("Content-Security-Policy", "")
        if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303, 308):
            if "default-src 'none'" not in policy or "unsafe" in policy:
                wrong[address] = f"policy {policy}"
            if "frame-ancestors 'none'" not in policy and not door.rule.startswith("/embed/"):
                wrong[address] = f"frames {policy}"
        if headers.get("X-Content-Type-Options") != "nosniff" and answer.status_code == 200:
            wrong[address] = "may be sniffed"
        for cookie in headers.getlist("Set-Cookie"):
            if "HttpOnly" not in cookie or "SameSite=Lax" not in cookie:
                wrong[address] = cookie
    assert wrong == {}


@pytest.mark.parametrize("who", ["ben", None])
def test_nobody_reads_what_is_somebody_else_s(
    peopled: tuple[Town, Things], who: str | None
) -> None:
    here, things = peopled
    mine = {
        address
        for _, address, answer in open_all(
            here.browser("ann"), doors(here.app, READS, is_page), things
        )
        if SECRET.encode() in answer.data
    }
    assert len(mine) > 3
    theirs = {
        address
        for _, address, answer in open_all(
            here.browser(who), doors(here.app, READS, is_page), things
        )
        if SECRET.encode() in answer.data
    }
    assert theirs == set()


@pytest.mark.parametrize("who", ["ben", None])
def test_nobody_changes_what_is_somebody_else_s(
    peopled: tuple[Town, Things], who: str | None
) -> None:
    here, things = peopled
    draft = things.cases["draft"]
    private = {draft.id, draft.slug, *things.values["link_id"], *things.values["question"]}
    private |= {f"'{here.ids['ann']}'", *things.values["token"]}
    before = rows(here.archive, private)
    forms = own_forms(here, things, draft.slug)
    assert len(forms) > 12
    browser = here.browser(who)
    for form in forms:
        data = [(name, value) for name, value in form.fields if name != "csrf"]
        answer = browser.post(form.action, data=as_form(data), headers=token(browser))
        assert answer.status_code < 500, form
    for door in doors(here.app, WRITES, lambda door: is_page(door) and bool(door.variables)):
        if "slug" in door.variables:
            things_of = {**things.values, "slug": [draft.slug, draft.id]}
        else:
            things_of = things.values
        for address in addresses(door, things_of):
            answer = browser.open(address, method=door.method, json={}, headers=token(browser))
            assert answer.status_code < 500, address
    after = rows(here.archive, private)
    assert before - after == set()
    # What others may do about a person and their public cases: answer, comment, follow.
    allowed = ("follow ", "notification ", "comment", "mail_out ", "quiz_attempt ", "quiz_answer ")
    made = {row for row in after - before if not row.startswith((*allowed, "session "))}
    assert made == set()


def addresses(door: Door, values: dict[str, list[str]]) -> Iterator[str]:
    things = Things({}, values)
    yield from things.addresses(door)


def own_forms(here: Town, things: Things, slug: str) -> list[Form]:
    """The forms that a person is given about what is theirs alone."""
    browser, found = here.browser("ann"), {}
    for door in doors(here.app, READS, lambda door: is_page(door) and not door.is_api):
        if "slug" not in door.variables and not door.rule.startswith("/settings"):
            continue
        for address in addresses(door, {**things.values, "slug": [slug]}):
            answer = browser.get(address)
            if answer.mimetype != "text/html" or answer.status_code != 200:
                continue
            for form in forms_in(answer.text):
                action = form.action or address
                if form.method == "post" and action not in ("/logout", "/look"):
                    found[(action, str(form.fields))] = Form(
                        action, "post", form.fields, form.texts
                    )
    return list(found.values())


def as_form(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    sent: dict[str, list[str]] = {}
    for name, value in fields:
        sent.setdefault(name, []).append(value)
    return sent


@pytest.mark.parametrize(
    "text",
    [HOSTILE, "a\0b", "\ud800".encode("utf-8", "surrogatepass"), "x" * 300_000, "٣", "-1"],
    ids=["markup", "nul", "surrogate", "long", "digit", "negative"],
)
def test_no_field_of_a_form_breaks_us(poisoned: tuple[Town, Things], text: str | bytes) -> None:
    here, things = poisoned
    wrong = {}
    for form in own_forms(here, things, things.cases["draft"].slug):
        for name in form.texts:
            if name == "csrf":
                continue
            browser = here.browser("ann")
            data = as_form([f for f in form.fields if f[0] not in (name, "csrf")])
            sent = {**data, name: text}
            answer = browser.post(form.action, data=sent, headers=token(browser))
            where = f"{form.action} {name}"
            if answer.status_code >= 500:
                wrong[where] = answer.status
            elif answer.mimetype == "text/html" and dangers_in(answer.text, MARK):
                wrong[where] = str(dangers_in(answer.text, MARK))
    assert wrong == {}
