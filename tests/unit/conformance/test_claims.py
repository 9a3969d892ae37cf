"""Claims: read from each kind of source, and held against what a run found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.claims.comparing import compared
from conformance.claims.features import Feature, Found, Kind, found
from conformance.claims.reading import Claims, ClaimsError, path_of, read_claims
from conformance.claims.rows import FEATURES
from conformance.claims.statement import to_statement
from conformance.cli import FAILED, HELD, NO_RUN, main
from conformance.corpus.corpus import corpus_of
from conformance.mock.memory import read_instance
from conformance.mock.server import Mock, serving
from conformance.model import ClaimVerdict, Outcome, Result, Run, Timed
from conformance.registry import load_checks
from conformance.reports.as_html import to_html
from conformance.reports.as_json import read_report, to_json
from conformance.reports.as_junit import to_junit

NAMES = {one.id: one for one in FEATURES}
WADL = """<?xml version="1.0"?>
<application xmlns="http://wadl.dev.java.net/2009/02">
 <resources base="https://pacs.example/dicom-web">
  <resource path="studies">
   <method name="GET"><request><param name="limit" style="query"/></request>
    <response status="200"><representation mediaType="application/dicom+json"/></response></method>
   <method name="POST"><request>
    <representation mediaType="multipart/related; type=application/dicom"/></request></method>
   <resource path="{StudyInstanceUID}">
    <param name="StudyInstanceUID" style="template"/>
    <method name="GET"><response status="200 206">
     <representation mediaType='multipart/related; type="application/dicom"'/>
     <representation mediaType="application/zip"/></response></method>
    <resource path="coffee"><method name="GET"/></resource>
   </resource></resource></resources></application>"""
OPENAPI = {
    "openapi": "3.1.0",
    "paths": {
        "/{archive}/dicom-web/studies": {
            "parameters": [{"$ref": "#/components/parameters/limit"}],
            "get": {"responses": {"200": {"content": {"application/dicom+json": {}}}}},
            "post": {
                "requestBody": {"content": {'multipart/related; type="application/dicom"': {}}}
            },
        },
        "/{archive}/dicom-web/studies/{study}": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            'multipart/related; type="application/dicom"': {},
                            "application/zip": {},
                        }
                    },
                    "406": {"content": {"text/plain": {}}},
                }
            }
        },
        "/{archive}/dicom-web/studies/{study}/coffee": {"get": {"responses": {}}},
    },
    "components": {"parameters": {"limit": {"name": "limit", "in": "query"}}},
}
CAPABILITIES = {
    "resources": [
        {
            "path": "studies",
            "methods": [
                {
                    "method": "GET",
                    "mediaTypes": ["application/dicom+json"],
                    "parameters": [{"name": "limit"}],
                },
                {
                    "method": "POST",
                    "requestMediaTypes": ["multipart/related; type=application/dicom"],
                },
            ],
        },
        {
            "path": "studies/{study}",
            "methods": [
                {
                    "name": "GET",
                    "mediaTypes": ["multipart/related; type=application/dicom", "application/zip"],
                }
            ],
        },
        "studies/{study}/coffee",
    ]
}
SOURCES = {
    "wadl": WADL.encode(),
    "openapi": json.dumps(OPENAPI).encode(),
    "capabilities": json.dumps(CAPABILITIES).encode(),
}


def run_of(**outcomes: str) -> Run:
    """A run of checks by their ids."""
    results = tuple(
        Result(check, check, ("HTTP-REACH",), Outcome(outcome))
        for check, outcome in outcomes.items()
    )
    return Run("http://a", "2026c", "s", "write", "written", "2026-01-01T00:00:00", 1.0, results)


def verdict(feature: str, said: bool, **outcomes: str) -> ClaimVerdict | None:
    run = compared(run_of(**outcomes), Claims("a test", {feature: said}))
    return run.claims[0].verdict if run.claims else None


@pytest.mark.parametrize("source", SOURCES)
def test_each_kind_of_source_says_the_same(source: str) -> None:
    claims = read_claims(SOURCES[source], source)
    claimed = {name for name, said in claims.said.items() if said}
    assert claimed == {
        "search.studies",
        "search.studies application/dicom+json",
        "search.studies ?limit",
        "store",
        'store multipart/related; type="application/dicom"',
        "retrieve.study",
        'retrieve.study multipart/related; type="application/dicom"',
        "retrieve.study application/zip",
    }
    assert claims.said["retrieve.series"] is False
    assert claims.said['search.studies multipart/related; type="application/dicom+xml"'] is False
    assert "charset.latin-1" not in claims.said
    assert claims.others == ("GET /studies/{}/coffee",)


def test_what_a_source_does_not_describe_is_left_open() -> None:
    bare = b'<a><resource path="studies"><method name="GET"/></resource></a>'
    claims = read_claims(bare, "a WADL without representations")
    assert claims.said["search.studies"] is True
    assert "search.studies application/dicom+json" not in claims.said
    assert "search.studies ?limit" not in claims.said


def test_a_profile_names_features() -> None:
    profile = b'[claims]\n"retrieve.study application/zip" = true\n"work.search" = false\n'
    assert read_claims(profile, "mine.toml").said == {
        "retrieve.study application/zip": True,
        "work.search": False,
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[other]\n",
        b'[claims]\n"no such feature" = true\n',
        b'[claims]\n"search.studies" = "yes"\n',
        b"<application>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"{",
        b'{"paths": []}',
        b'{"resources": 1}',
        b'{"paths": {"/studies": {"get": {"responses": {"200": {"$ref": "#/a/b"}}}}}}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_source_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(ClaimsError):
        read_claims(data, "a test")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_odd_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_claims(data, "a test")
    except ClaimsError as error:
        assert "a test" in str(error)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("studies/{study}/series/", "/studies/{}/series"),
        ("/a/{b}/dicom-web/studies/{c}", "/studies/{}"),
        ("/", "/"),
        ("", "/"),
        ("/dicom-web/wado", "/wado"),
    ],
)
def test_a_path_begins_where_the_base_ends(path: str, wanted: str) -> None:
    assert path_of(path) == wanted


# ---- beside a run
CHECKS = {"qido.studies": "pass", "qido.narrow": "pass"}


@pytest.mark.parametrize(
    ("said", "outcomes", "wanted"),
    [
        (True, {**CHECKS}, ClaimVerdict.HOLDS),
        (True, {**CHECKS, "qido.narrow": "fail"}, ClaimVerdict.ERROR),
        (True, {"qido.studies": "not offered"}, ClaimVerdict.ERROR),
        (True, {"qido.studies": "weak"}, ClaimVerdict.ERROR),
        (True, {**CHECKS, "qido.narrow": "not offered"}, ClaimVerdict.NOTE),
        (True, {"qido.studies": "skip"}, ClaimVerdict.UNDECIDED),
        (True, {}, ClaimVerdict.UNDECIDED),
        (False, {**CHECKS}, ClaimVerdict.NOTE),
        (False, {"qido.studies": "fail"}, None),
        (False, {"qido.studies": "not offered"}, None),
    ],
)
def test_a_claim_is_held_against_what_was_found(
    said: bool, outcomes: dict[str, str], wanted: ClaimVerdict | None
) -> None:
    assert verdict("search.studies", said, **outcomes) is wanted


def test_what_waits_for_something_absent_is_absent() -> None:
    waits = Result("rendered.frame", "", (), Outcome.BLOCKED, blocked_by="there[rendered]")
    gate = Result("there[rendered]", "", (), Outcome.NOT_OFFERED)
    run = Run("http://a", "2026c", "s", "write", "written", "2026", 1.0, (gate, waits))
    assert found(NAMES["retrieve.frame.rendered"], run) is Found.ABSENT


def test_every_feature_is_looked_at_by_checks_that_are_there() -> None:
    ids = [one.id for one in load_checks().all()]
    run = run_of(**dict.fromkeys(ids, "pass"))
    assert [one.id for one in FEATURES if found(one, run) is not Found.HOLDS] == []
    for one in FEATURES:
        for check in one.checks:
            alone = Feature(one.id, one.kind, one.name, (check,))
            if one.kind is not Kind.KEY:
                assert alone.results(run), f"{one.id} names {check}, which is no check"


def test_features_have_names_of_their_own() -> None:
    assert len(NAMES) == len(FEATURES)
    assert len({(one.kind, one.method, one.path, one.value, one.id) for one in FEATURES}) == len(
        FEATURES
    )


def test_errors_come_first_and_survive_a_report(tmp_path: Path) -> None:
    claims = Claims("x", {"search.studies": True, "store": True, "work.search": False}, ("GET /a",))
    run = compared(run_of(**{**CHECKS, "stow.one": "fail", "ups": "pass"}), claims)
    verdicts = [one.verdict.value for one in run.claims]
    assert verdicts == ["error", "note", "not looked at", "holds"]
    path = tmp_path / "report.json"
    path.write_text(to_json(run))
    assert read_report(path) == run
    page = to_html(run)
    assert "it is claimed, and does not hold: stow.one" in page
    assert "1 claims hold." in page


def test_a_build_server_is_told_of_claims_and_times() -> None:
    claims = Claims("x", {"search.studies": True, "store": True})
    run = compared(run_of(**{**CHECKS, "stow.one": "fail"}), claims)
    slow = Timed("an instance", 3, 9.0, 9.0, 1, "p50 took 9.0 ms, allowed are 1", is_too_slow=True)
    root = ElementTree.fromstring(to_junit(replace(run, timings=(slow,))))
    suites = {one.get("name"): one for one in root.iter("testsuite")}
    assert [suites[name].get("failures") for name in ("claims", "times")] == ["1", "1"]
    assert suites["claims"].get("tests") == "2"
    [failure] = suites["claims"].iter("failure")
    assert failure.get("message") == "it is claimed, and does not hold: stow.one"


# ---- the statement
def test_the_tables_say_what_was_seen() -> None:
    outcomes = {**CHECKS, "stow.one": "fail", "ups": "not offered", "wado.made[RLE]": "pass"}
    text = to_statement(run_of(**outcomes))
    assert "| Search for studies | `GET /studies` | yes |" in text
    assert "| Store instances | `POST /studies` | fails |" in text
    assert "| Search for work items | `GET /workitems` | no |" in text
    assert "| Request storage commitment | `POST /commitment-requests/{}` | not decided |" in text
    assert "| 1.2.840.10008.1.2.5 (RLE) | not decided | not decided | yes |" in text
    assert "| `stow.one`: stow.one |" in text


def test_a_bar_in_a_reason_breaks_no_table() -> None:
    result = Result("one", "a | b", ("HTTP-REACH",), Outcome.FAIL, "line\nbreak | bar")
    run = Run("http://a", "2026c", "s", "write", "written", "2026", 1.0, (result,))
    assert "| `one`: a \\| b | line break \\| bar |" in to_statement(run)


# ---- the command line
@pytest.fixture(scope="module")
def mock_base():  # type: ignore[no-untyped-def]  # a generator of an address
    mock = Mock()
    for one in corpus_of("a test").instances:
        mock.memory.put(read_instance(one.part10))
    with serving(mock) as base:
        yield base


def run(base: str, *more: str) -> int:
    options = ["run", "--base", base, "--quiet", "--rate", "0", "--seed", "a test"]
    return main([*options, "--only", "qido.studies", "--only", "wado.zip[study]", *more])


def test_a_run_asks_the_server_what_it_claims(mock_base: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ("--safe-methods", "--claims", "wadl", "--json", str(report))
    assert run(mock_base, *options) == HELD
    rows = {one["feature"]: one["verdict"] for one in json.loads(report.read_text())["claims"]}
    assert rows["search.studies"] == "holds"
    assert rows["search.series"] == "not decided"


def test_the_sound_server_claims_what_it_does_and_nothing_else(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serving(Mock()) as base:
        options = ("run", "--base", base, "--quiet", "--write", "--claims")
        assert main([*options, "wadl", "--json", str(report)]) == HELD
    claims = json.loads(report.read_text())["claims"]
    others = [one["name"] for one in claims if one["verdict"] != "holds"]
    assert others == ["DELETE /workitems/{}/subscribers/{}"]


def test_a_claim_that_does_not_hold_exits_with_one(
    mock_base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile, report = tmp_path / "profile.toml", tmp_path / "report.json"
    profile.write_text('[claims]\n"retrieve.study application/zip" = true\n')
    options = ("--claims", str(profile), "--json", str(report))
    assert run(mock_base, *options) == HELD
    assert main(["claims", str(report), str(profile)]) == HELD
    before = read_report(report)
    absent = [
        Result(one.check, one.title, one.requirements, Outcome.NOT_OFFERED)
        if one.check.startswith("wado.zip")
        else one
        for one in before.results
    ]
    report.write_text(to_json(Run(*_fields(before), tuple(absent))))
    assert main(["claims", str(report), str(profile)]) == FAILED
    assert "the server does not offer it" in capsys.readouterr().out
    assert main(["tables", str(report)]) == HELD
    assert "## Transactions" in capsys.readouterr().out


def _fields(run: Run) -> tuple[str, str, str, str, str, str, float]:
    return run.base, run.edition, run.seed, run.mode, run.data, run.began, run.elapsed_s


@pytest.mark.parametrize("source", ["wadl", "no-such-file.toml", "/nothing-there"])
def test_claims_that_cannot_be_had_exit_with_two(
    source: str, mock_base: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(mock_base, "--claims", source) == NO_RUN
    assert "what the server claims cannot be had" in capsys.readouterr().err


def test_features_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["features"]) == HELD
    assert len(capsys.readouterr().out.splitlines()) == len(FEATURES)
