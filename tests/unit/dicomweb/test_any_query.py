"""Any query of any resource of any object: an answer or a refusal, never our own fault.

The requests are drawn from a seed, so that one that fails can be drawn again; what a request looks
like is told by the tables that the service is described from.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from werkzeug.test import TestResponse

from dicomweb.capabilities import PARAMETERS, TRANSACTIONS
from dicomweb.routes import ROUTES, URI_PATH
from tests.subjects import Subject, subjects

COUNT = 2400
"""Requests in all, so many that the whole takes well under half a minute."""

#: Statuses that are an answer to something odd; 500 and the like are not among them.
HONEST = frozenset({200, 202, 204, 206, 304, 400, 404, 405, 406, 410, 413, 416, 501})
METHODS = ("GET", "GET", "GET", "HEAD")
SEARCHED = (
    "PatientName",
    "StudyDate",
    "00100020",
    "NumberOfFrames",
    "0008,1030",
    "00081199.00081155",
)

NUMBERS = (
    "0", "-1", "1", "2", "1e3", "1e999", "-1e999", "nan", "inf", "-inf", "1.5", ".", "-", "0x10",
    "1_000", "９", "٣", " 7 ", "+3", "99999999999999999999", "1e-320", "",
)  # fmt: skip
WORDS = (
    "", "yes", "no", "all", "patient", "technique", "srgb", "linear", "sigmoid", "linear-exact",
    "utf-8", "UTF-16", "iso-8859-1", "a;q=x", "*/*", "image/*", "image/jpeg;q=0", "image/gif",
    "image/png", "application/zip", "application/dicom", "text/html", "application/pdf",
    "video/mp4", "image/jp2", "image/webp", "multipart/related", "\0", "\r\nX-Injected: 1",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "%", "%00", "'; --", "<script>",
    "../../etc/passwd", "\U0001f480", "ÿ", "1.2.3", "1.2.840.10008.1.2", "x" * 3000, "{}", "[",
    "2020", "20200101-", "-20200101", "-", "*", "?", "\\", "1.2\\1.3", "0008001", "^^^^=^^^^=^^^^",
)  # fmt: skip
RANGES = (
    "bytes=0-0", "bytes=-1", "bytes=5-", "bytes=-0", "bytes=9-3", "bytes=0-1,3-4", "items=0-1",
    "bytes=99999999999999999999-", "bytes=", "bytes=a-b", "", "bytes=0-99999999999999999999999",
)  # fmt: skip
TAGS = ("*", '"x"', 'W/"x"', "x", '"', '"a", W/"b", *', "", '"' + "x" * 2000 + '"')
FRAMES = (
    "1",
    "0",
    "2",
    "1,1",
    "1,2",
    "4,3,2,1",
    "99999999999999999999",
    "1,,2",
    "-1",
    "1-3",
    "a",
    "٣",
)
PATHS = (
    "7FE00010",
    "00420011",
    "0",
    "00081140/1/00081150",
    "..",
    "7FE00010/1",
    "00280010",
    "x" * 500,
)


class Maker:
    """Draws requests."""

    def __init__(self, seed: int, stored: list[Subject]) -> None:
        self.random = random.Random(seed)
        self.stored = stored
        self.tags: list[str] = list(TAGS)

    def value(self, name: str) -> str:
        row = PARAMETERS.get(name)
        known = [row.example, row.refused or "", *row.options] if row else []
        draw: Callable[[], str] = self.random.choice(
            (
                lambda: self.random.choice(known or WORDS),
                lambda: self.random.choice(known or WORDS),
                lambda: self.random.choice(WORDS),
                lambda: self.random.choice(NUMBERS),
                self._numbers,
            )
        )
        return draw()

    def _numbers(self) -> str:
        count = self.random.randrange(1, 8)
        mixed = [
            self.random.choice(NUMBERS) if self.random.random() < 0.3
            else str(self.random.choice((1, 2, 8, 16, 0.5, 0.25, -3, 0, 40, 400)))
            for _ in range(count)
        ]  # fmt: skip
        return ",".join(mixed) + self.random.choice(("", "", ",linear", ","))

    def query(self, names: tuple[str, ...]) -> list[tuple[str, str]]:
        drawn = self.random.sample(names, min(len(names), self.random.choice((0, 1, 1, 2, 3))))
        pairs = [(name, self.value(name)) for name in drawn]
        if pairs and self.random.random() < 0.1:
            pairs.append((pairs[0][0], self.value(pairs[0][0])))
        return pairs

    def headers(self) -> dict[str, str]:
        made = {}
        if self.random.random() < 0.6:
            made["Accept"] = self.random.choice(ACCEPTED)
        if self.random.random() < 0.2:
            made["Range"] = self.random.choice(RANGES)
        if self.random.random() < 0.2:
            made["If-None-Match"] = self.random.choice(self.tags)
        if self.random.random() < 0.1:
            made["If-Range"] = self.random.choice(self.tags)
        if self.random.random() < 0.1:
            made["Accept-Charset"] = self.random.choice(("utf-16", "*;q=0", "iso-8859-1, *", ";"))
        return made

    def path(self, template: str, subject: Subject) -> str:
        odd = self.random.random() < 0.3
        frames = self.random.choice(FRAMES) if odd else subject.frames
        bulk = self.random.choice(PATHS) if odd else subject.bulk_path
        filled = template.replace("<path:path>", quote(bulk)).replace("<frames>", quote(frames))
        return subject.fill(filled.replace("<", "{").replace(">", "}"))


ACCEPTED = (
    "*/*", "image/jpeg", "image/png", "image/gif", "image/jp2", "image/webp", "image/*;q=0.1",
    "text/html", "text/plain", "application/pdf", "application/dicom", "application/zip",
    "application/dicom; transfer-syntax=*", "application/dicom+json", "application/dicom+xml",
    "application/octet-stream", 'multipart/related; type="application/dicom"; transfer-syntax=*',
    'multipart/related; type="application/dicom"', "video/mp4", "application/json",
    'multipart/related; type="application/octet-stream"', 'multipart/related; type="image/jpeg"',
    'multipart/related; type="image/jls"', 'multipart/related; type="application/dicom+xml"',
    'multipart/related; type="image/png"', "multipart/related", "", "q=1", ";;;", "a/b;c=\"",
    'multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.201',
    "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90", "image/jxl", "*/*;q=0",
)  # fmt: skip

READ = {route.path: route.resource for route in ROUTES if route.method == "GET"}
TEMPLATES = sorted(READ)


def names_of(template: str) -> tuple[str, ...]:
    """The parameters that a resource takes, most of the time, and all that there are."""
    resource = READ[template].replace("rendered mpr", "rendered MPR")
    resource = resource.replace("rendered 3d", "rendered 3D")
    own = tuple(row.name for row in TRANSACTIONS[resource].parameters)
    keys = SEARCHED if resource.startswith("search") else ()
    return (*own * 6, *keys * 2, "accept", *PARAMETERS)


def ask(web: Any, maker: Maker, template: str) -> tuple[str, TestResponse]:
    subject = maker.random.choice(maker.stored)
    query = maker.query(names_of(template))
    if template == URI_PATH:
        query = [*uri_query(subject), *query]
        maker.random.shuffle(query)
    path = maker.path(template, subject) + ("?" + urlencode(query) if query else "")
    method, headers = maker.random.choice(METHODS), maker.headers()
    answer = web.client.open(web.root + path, method=method, headers=headers)
    if tag := answer.headers.get("ETag"):
        maker.tags.append(tag)
    return f"{subject.kind}: {method} {path} {headers}", answer


def uri_query(subject: Subject) -> list[tuple[str, str]]:
    names = {"study": "studyUID", "series": "seriesUID", "instance": "objectUID"}
    return [("requestType", "WADO"), *((names[name], uid) for name, uid in subject.uids.items())]


@pytest.fixture
def stored(web: Any) -> list[Subject]:
    every = subjects()
    for one in every:
        assert web.stow(one.data).status_code == HTTPStatus.OK, one.kind
    return every


@pytest.mark.parametrize("seed", range(4))
def test_anything_asked_of_anything_is_answered(web: Any, stored: list[Subject], seed: int) -> None:
    maker = Maker(seed, stored)
    for number in range(COUNT // 4):
        asked, answer = ask(web, maker, TEMPLATES[number % len(TEMPLATES)])
        assert answer.status_code in HONEST, f"{asked}: {answer.status_code} {answer.data[:300]!r}"
        assert "X-Injected" not in answer.headers, asked
        sent = "".join(f"{name}{value}" for name, value in answer.headers)
        assert sent.isascii(), asked
        assert sent.isprintable(), asked
        assert "HEAD " not in asked or not answer.data, asked
        assert answer.data is not None, asked  # a body that breaks off raises
        if answer.status_code >= HTTPStatus.BAD_REQUEST and "HEAD " not in asked:
            assert answer.get_json(force=True)["message"], asked
