"""The texts: each version stays as it was published, and what it fills in is text and no markup."""

from __future__ import annotations

import hashlib
import re

import pytest

from community.accounts.providers import PROVIDERS
from community.consent.settings import Analytics
from community.policies.documents import FOLDER, KINDS, newest, text_path, to_agree, versions
from community.policies.facts import FREE, PAID, Facts, sign_in_of
from community.policies.pages import PATHS
from community.policies.rendering import Rendered, render
from community.retention.table import RULES
from community.site.model import Operator, Processor, Site

OPERATOR = Operator(
    name="Society <b>of</b> *Images*",
    address=("1 Street", "Town"),
    email="a_b@example.org",
    jurisdiction="the law of [Somewhere](https://evil.example)",
    authority="The Authority",
    authority_url="https://authority.example.org",
)
HOSTING = (Processor("A Cloud", "runs it", "Somewhere"),)
FULL = Facts(
    Site(OPERATOR, HOSTING, days={"sessions": 7}),
    tuple(map(sign_in_of, PROVIDERS)),
    Analytics("G-ABC123DEF4"),
    PAID,
)
BARE = Facts(Site())
ALL = [(name, version.number) for name, several in versions().items() for version in several]


def shown(name: str, facts: Facts = FULL, number: str | None = None) -> Rendered:
    return render(name, number or newest(name).number, facts, PATHS.__getitem__)


def html(name: str, facts: Facts = FULL) -> str:
    return "".join(part.html for part in shown(name, facts).parts)


@pytest.mark.parametrize(("name", "number"), ALL)
def test_a_version_that_was_published_is_never_changed(name: str, number: str) -> None:
    (version,) = (one for one in versions()[name] if one.number == number)
    digest = hashlib.sha256(text_path(name, number).read_bytes()).hexdigest()
    assert digest == version.sha256, "make a new version instead, and leave this file alone"


def test_every_file_is_a_version_and_versions_only_grow() -> None:
    files = {(path.parent.name, path.stem) for path in (FOLDER / "texts").glob("*/*.md")}
    assert files == set(ALL)
    for several in versions().values():
        assert [one.day for one in several] == sorted(one.day for one in several)
        assert [one.number for one in several] == [str(n + 1) for n in range(len(several))]


def test_whoever_makes_an_account_agrees_to_privacy_terms_and_rules() -> None:
    assert set(to_agree()) == {"privacy", "terms", "rules"}


@pytest.mark.parametrize("facts", [FULL, BARE], ids=["full", "bare"])
@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_every_text_has_its_parts_and_leads_only_where_there_is_something(
    kind: str, facts: Facts
) -> None:
    text = shown(kind, facts)
    anchors = [anchor for anchor, _ in text.headings]
    assert len(anchors) > 3
    assert len(set(anchors)) == len(anchors)
    whole = html(kind, facts)
    assert not re.search(r"\{\{|\{%|@@|<script", whole)
    for target in re.findall(r'href="([^"]+)"', whole):
        assert target in PATHS.values() or target.startswith("https://")


def test_what_is_filled_in_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    privacy, terms = html("privacy"), html("terms")
    assert "Society &lt;b&gt;of&lt;/b&gt; *Images*" in privacy
    assert "a_b@example.org" in privacy
    assert "[Somewhere](https://evil.example)" in terms
    assert 'href="https://evil.example"' not in terms


PROMISED = [
    "Google", "Microsoft", "Facebook", "Apple", "profile picture", "no picture", "credentials",
    "HIPAA", "DICOM images are never shared with third-party AI services",
    "primary diagnostic tool", "direct patient care", "Gemini", "never directly sell or rent",
    "at the bottom right of every page", "cross-context behavioural advertising",
    "data deletion request", "one month", "restrict", "object", "take it along",
    "standard contractual clauses", "United Kingdom", "Swiss", "data processing", "TLS",
    "merged", "courts", "Children", "complain", "server's log", "Backups",
]  # fmt: skip


@pytest.mark.parametrize("words", PROMISED)
def test_the_privacy_policy_says_all_that_it_has_to(words: str) -> None:
    assert words.lower() in re.sub(r"<[^>]+>", "", html("privacy")).lower()


def test_it_says_only_what_holds_on_this_server() -> None:
    bare = html("privacy", BARE)
    for words in ("Google Analytics", "Gemini", "Facebook", "advertising are off"):
        assert words not in bare
    assert "No text is given to an artificial intelligence" in bare
    free = html("privacy", Facts(FULL.site, FULL.providers, None, FREE))
    assert "Google may use these texts to improve its models" in free
    assert "paid tier" in html("privacy")


def test_the_table_of_retention_is_the_one_that_is_done() -> None:
    assert [part.table for part in shown("privacy").parts if part.table] == ["retention"]
    kept = FULL.kept()
    assert [rule for rule, _ in kept] == list(RULES)
    assert {rule.name: days for rule, days in kept}["sessions"] == 7
    for rule, days in kept:
        assert bool(days) is not bool(rule.until), rule.name


def test_the_sub_processors_are_those_that_are_switched_on() -> None:
    titles = [title for title, _ in FULL.processors()]
    assert titles == ["Where the site runs", "Signing in", "Statistics", "Text assistant"]
    assert BARE.processors() == []
    assert "advertis" not in str(FULL.processors())


def test_the_privacy_policy_links_googles_terms_and_opt_out() -> None:
    targets = re.findall(r'href="([^"]+)"', html("privacy"))
    assert "https://tools.google.com/dlpage/gaoptout" in targets
    assert "https://marketingplatform.google.com/about/analytics/terms/us/" in targets
    assert {one.privacy_url for one in PROVIDERS} <= set(targets)
