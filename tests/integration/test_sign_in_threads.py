"""A thousand sign-ins at once, with threads switched as often as the interpreter can.

What belongs to one login must never meet another's: the stand-ins hold each code to the verifier
of its own way, each token to its nonce, and everybody must come out as who they went in.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from community.accounts import identities
from community.accounts.dance import Dance
from community.accounts.settings import FACEBOOK, GOOGLE, MICROSOFT
from ops.providers.people import played
from tests.sign_in import Site, signing_site

LOGINS, THREADS = 1000, 24
PROVIDERS = (GOOGLE, FACEBOOK, MICROSOFT)


@pytest.fixture
def switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def go(site: Site, number: int) -> str:
    """One person's way; what came of it."""
    provider, key = PROVIDERS[number % len(PROVIDERS)], f"person-{number}"
    browser, fakes = site.app.test_client(), site.fakes_app.test_client()
    base = {"base_url": site.url}
    sent = browser.get(f"/auth/{provider}/login", **base)
    at_provider = sent.headers["Location"].removeprefix(site.fakes.base)
    back = fakes.post(at_provider, data={"somebody": key}).headers["Location"]
    arrived = browser.get(back.partition("#")[0].removeprefix(site.url), **base)
    if arrived.status_code != 303:
        return f"refused with {arrived.status_code}"
    cookie = browser.get_cookie("__Host-dt_welcome", domain="127.0.0.1")
    newcomer = identities.find_newcomer(site.archive, cookie.value if cookie else "")
    if newcomer is None:
        return "nobody"
    right = newcomer.told.subject.endswith(played(key).subject(provider))
    return "right" if right else "crossed"


def everybody(site: Site, logins: int) -> Counter[str]:
    ready = threading.Barrier(THREADS)

    def several(first: int) -> list[str]:
        ready.wait()
        return [go(site, number) for number in range(first, logins, THREADS)]

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(one for part in pool.map(several, range(THREADS)) for one in part)


@pytest.mark.usefixtures("switching")
def test_of_a_thousand_logins_at_once_none_is_crossed(tmp_path: Path) -> None:
    with signing_site(tmp_path, DICOMTUBE_SIGN_INS_PER_MINUTE="100000") as site:
        assert everybody(site, LOGINS) == {"right": LOGINS}


@pytest.mark.usefixtures("switching")
def test_the_same_with_state_on_the_blueprint_does_cross(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Flask-Dance does by itself: shows that the test above would see it."""
    kept: dict[str, dict[str, object]] = {}
    monkeypatch.setattr(Dance, "_kept", lambda self: kept.setdefault(self._place, {}))
    monkeypatch.setattr(Dance, "teardown_session", lambda self, exception=None: None)
    with signing_site(tmp_path, DICOMTUBE_SIGN_INS_PER_MINUTE="100000") as site:
        assert everybody(site, LOGINS // 10)["right"] < LOGINS // 10
