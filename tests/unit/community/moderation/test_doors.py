"""One report of identifying data closes a case and its study at every door, for everybody.

Every address that the app knows is walked (`tests.canaries`) before the report, by whom it is
open to, and after it: the word that stands in all of the case is nowhere any more, no address of
the study answers, and no answer that a cache kept is still called good.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask.testing import FlaskClient

from archive.collections import COMMUNITY
from archive.sharing import share_study
from community.accounts.people import OPERATOR, find_person
from community.sharing.links import CASE, make_link
from community.sharing.links import STUDY as STUDY_LINK
from community.sharing.links import Wish as LinkWish
from tests.canaries import STUDY, Scene, addresses, fill, hits, make, talk
from tests.people import Town, town

# Where an owner is told that something of theirs is hidden, and which links they gave to it; and
# where operators read by its UID that it is.
_TOLD = {
    "ann": ("/cases [", "/settings/decisions", "/settings/links", "/api/v1/cases?", "/api/v1/me"),
    "boss": ("/admin/trail",),
}
_SEARCHES = tuple(
    (address, ("*/*",)) for address in ("/search?q=spring", "/api/v1/search?q=spring")
)


@dataclass
class Seen:
    """What a walk found: addresses with the word, of the study, and what caches would ask with."""

    words: set[str] = field(default_factory=set)
    studies: set[str] = field(default_factory=set)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with town(tmp_path_factory.mktemp("town")) as here:
        for handle in ("ann", "ben", "cleo"):
            here.person(handle)
        here.person("boss", OPERATOR)
        ann = find_person(here.archive, here.ids["ann"])
        assert ann is not None
        instances = fill(here, ann)
        share_study(here.archive, COMMUNITY, STUDY, "public")
        case = make(here, ann, is_unknown=False)
        talk(here, case)
        yield Scene(here, case, instances)


def browsers(scene: Scene) -> dict[str, tuple[FlaskClient, dict[str, str]]]:
    here: Town = scene.town
    found: dict[str, tuple[FlaskClient, dict[str, str]]] = {"nobody": (here.browser(), {})}
    found |= {one: (here.browser(one), {}) for one in ("cleo", "ann", "boss")}
    for kind, target in ((CASE, scene.case.id), (STUDY_LINK, f"{COMMUNITY}/{STUDY}")):
        wish = LinkWish(kind, target)
        _, secret = make_link(here.archive, here.principal("ann"), wish, lambda *_: True)
        found[f"link to the {kind}"] = (here.browser(), {"Authorization": f"Bearer {secret}"})
    return found


def look(
    scene: Scene,
    browser: FlaskClient,
    headers: dict[str, str],
    kept: Seen | None = None,
    *,
    is_whole: bool = True,
) -> Seen:
    """Walk every address; with what was kept, as a cache does that asks whether it is good.

    Parameters
    ----------
    is_whole
        Ask for all that an address can give, and not for the first only.
    """
    seen = Seen()
    for address, accepts in [*addresses(scene), *_SEARCHES]:
        for accept in accepts if is_whole else accepts[:1]:
            tag = kept.tags.get((address, accept)) if kept else None
            more = {"If-None-Match": tag} if tag else {}
            answer = browser.get(address, headers={"Accept": accept, **headers, **more})
            assert answer.status_code < 500, (address, accept, answer.text[:500])
            name = f"{address} [{accept}] {answer.status_code}"
            if hits(answer):
                seen.words.add(name)
            if answer.status_code < 300 and _is_of_study(address, answer.data):
                seen.studies.add(name)
            if "ETag" in answer.headers and answer.status_code < 400:
                seen.tags[address, accept] = answer.headers["ETag"]
    return seen


def _is_of_study(address: str, body: bytes) -> bool:
    """Whether an answer tells anything of the study; that nothing was found tells nothing."""
    return body not in (b"", b"[]") and (STUDY in address or STUDY.encode() in body)


def test_one_report_closes_every_door_at_once_and_to_everybody(scene: Scene) -> None:
    every = browsers(scene)
    before = look(scene, *every["nobody"])
    slug = scene.case.slug
    for door in (
        f"/cases/{slug} [", f"/cases/{scene.case.id}/dicom-web/studies/{STUDY}/metadata",
        f"/community/dicom-web/studies/{STUDY}/metadata", f"/embed/{slug}", "/search?q=spring",
        "/oembed?", f"/api/v1/cases/{slug}", "/api/v1/search?q=spring", "/export?format=zip",
    ):  # fmt: skip
        assert any(door in one for one in before.words), door
    assert all(any(part in one for one in before.studies) for part in ("/thumbnail", "/rendered"))

    sent = scene.town.browser().post(
        "/report", data={"kind": "case", "name": slug, "reason": "identifying", "words": "a name"}
    )
    assert sent.status_code == 303, sent.text
    assert sent.headers["Location"].endswith("hidden=1")

    left = {}
    for name, one in every.items():
        # Whether a door is open does not hang on what is accepted: once with all is enough.
        after = look(scene, *one, before, is_whole=name == "nobody")
        told = _TOLD.get(name, ())
        left[name] = sorted(
            one for one in after.words | after.studies if not (told and one.startswith(told))
        )
    assert left == {name: [] for name in every}
