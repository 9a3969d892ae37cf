"""Everything that the doors of a product say, as bytes with a name: a table of what is asked.

May live here: which requests are sent. May not: what must not be in the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import requests

from tests.planted.pushing import ROOT, Site
from tests.product import JSON

Said = Iterator[tuple[str, bytes]]

XML = 'multipart/related; type="application/dicom+xml"'
DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=*'
BYTES = 'multipart/related; type="application/octet-stream"'
PICTURES = "image/png, image/jpeg, */*;q=0.1"
DOCUMENTS = ("text/html", "text/plain", "application/pdf", "text/xml", "application/json")
_SEARCHES = ("studies", "series", "instances")
_IN_STUDY = ("series", "instances")


def said(answer: requests.Response) -> bytes:
    """Head and body of an answer; the address that was asked is the asker's own."""
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return head.encode() + b"\n\n" + answer.content


def studies(site: Site) -> list[str]:
    """Paths of all published studies."""
    found = site.ask("all", f"{ROOT}/studies?limit=1000", JSON).json()
    return [f"{ROOT}/studies/{one['0020000D']['Value'][0]}" for one in found]


def instances(site: Site, *, with_frames: bool) -> list[str]:
    """Paths of all published instances that have frames, or that have none."""
    found = site.ask("all", f"{ROOT}/instances?limit=1000&includefield=all", JSON).json()
    return [
        f"{ROOT}/studies/{one['0020000D']['Value'][0]}/series/{one['0020000E']['Value'][0]}"
        f"/instances/{one['00080018']['Value'][0]}"
        for one in found
        if ("00280010" in one) == with_frames
    ]


def searches(site: Site) -> Said:
    """Searches over all, at each level, in both languages."""
    paths = [f"{ROOT}/{one}" for one in _SEARCHES]
    paths += [f"{one}/{level}" for one in studies(site)[:2] for level in _IN_STUDY]
    for path in paths:
        for accept in (JSON, XML):
            yield _one(site, f"{path}?limit=1000&includefield=all", accept)


def metadata(site: Site) -> Said:
    """All metadata, in both languages."""
    for study in studies(site):
        for accept in (JSON, XML):
            yield _one(site, f"{study}/metadata", accept)


def files(site: Site) -> Said:
    """All instances as files; those of one study in a zip archive with a DICOMDIR, too."""
    every = studies(site)
    for study in every:
        yield _one(site, study, DICOM)
    for study in every[:3]:
        yield _one(site, f"{study}?dicomdir=yes", "application/zip")


def bulk(site: Site) -> Said:
    """All that metadata leave out."""
    for study in studies(site):
        for name in ("bulkdata", "pixeldata"):
            yield _one(site, f"{study}/{name}", BYTES)


def documents(site: Site) -> Said:
    """What is no image, as people read it."""
    for instance in instances(site, with_frames=False):
        for accept in DOCUMENTS:
            yield _one(site, f"{instance}/rendered", accept)


def images(site: Site) -> Said:
    """Pictures and thumbnails."""
    for study in studies(site):
        yield _one(site, f"{study}/thumbnail", PICTURES)
        yield _one(site, f"{study}/rendered", 'multipart/related; type="image/png"')


def followed(site: Site) -> Said:
    """What senders, reviewers and programs are told of every upload."""
    for page in ("/uploads", "/review"):
        yield _one(site, page, "text/html")
    for token in site.tokens_of_uploads:
        for path in (f"/api/v1/uploads/{token}", f"/api/v1/uploads/{token}/receipt"):
            yield _one(site, path, "application/json")
        for path in (f"/uploads/{token}", f"/review/{token}"):
            yield _one(site, path, "text/html")


def commands(site: Site) -> Said:
    """What operators are told."""
    every = [("uploads", "list"), ("deadletters", "list")]
    states = site.states(site.tokens_of_uploads)
    waiting = [one for one, state in states.items() if state == "needs review"]
    every += [("uploads", "show", one) for one in waiting[:2]]
    for words in every:
        yield " ".join(words), site.product.command(*words, check=False).encode()


def _one(site: Site, path: str, accept: str) -> tuple[str, bytes]:
    answer = site.ask("all", path, accept)
    assert answer.status_code < 500, (path, accept, answer.text)
    return f"{path} as {accept}", said(answer)


ANSWERS: dict[str, Callable[[Site], Said]] = {
    one.__name__: one
    for one in (searches, metadata, files, bulk, documents, images, followed, commands)
}
