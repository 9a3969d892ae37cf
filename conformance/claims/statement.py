"""A run as the tables of a conformance statement, in Markdown: what PS3.2 asks of web services.

What stands in them was seen from outside; what only the maker can know is left to the maker.

References
----------
PS3.2 (the tables of services, media types, transfer syntaxes, keys and statuses).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from conformance.catalogue import CATALOGUE
from conformance.claims.features import Feature, Found, Kind, found
from conformance.claims.rows import FEATURES, SYNTAXES, USES
from conformance.model import ClaimVerdict, Level, Outcome, Run
from conformance.version import VERSION

_BAD = frozenset({Outcome.FAIL, Outcome.ERROR})


def to_statement(run: Run) -> str:
    """The whole document."""
    parts = (
        _beginning(run),
        _section("Transactions", _transactions(run)),
        _section("Media types", _media_types(run)),
        _section("Transfer syntaxes", _syntaxes(run)),
        _section("Search: attributes", _attributes(run)),
        _section("Query parameters", _parameters(run)),
        _section("Character sets of searches", _character_sets(run)),
        _section("HTTP", _http(run)),
        _section("Status codes that were seen", _statuses(run)),
        _section("Security", _security(run)),
        _section("Requirements of the standard", _requirements(run)),
        _section("Demands that do not hold", _failures(run)),
        _section("Claims", _claims(run)),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; empty without rows."""
    lines = [_line([_cell(one) for one in row]) for row in rows]
    if not lines:
        return ""
    return "\n".join([_line(head), _line(["---"] * len(head)), *lines])


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text}" if text else ""


def _beginning(run: Run) -> str:
    counts = ", ".join(f"{n} {one.value}" for one, n in run.counts().items() if n)
    rows = [
        ("Base address", f"`{run.base}`"),
        ("Edition held to", f"PS3.18 {run.edition}"),
        ("Compared with", _COMPARED[run.data]),
        ("Begun", run.began),
        ("Runner", f"dicom-conformance {VERSION}, seed `{run.seed}`"),
        ("Checks", counts),
    ]
    words = (
        "“yes” was seen to hold with known data, “partly” for some kinds of objects, “fails” was "
        "offered and did not hold, “no” is not offered. “not decided” is neither praise nor blame."
    )
    return f"# DICOMweb conformance tables\n\n{table(('', ''), rows)}\n\n{words}"


_COMPARED = {
    "written": "instances that the run stored",
    "found": "instances of this seed that were there",
    "sampled": "instances of the server's own",
    "none": "nothing: the server shows no study",
}


def _of(kind: Kind) -> list[Feature]:
    return [one for one in FEATURES if one.kind is kind]


def _transactions(run: Run) -> str:
    rows = [
        (one.name, f"`{one.method} {one.path}`", found(one, run)) for one in _of(Kind.TRANSACTION)
    ]
    return table(("Transaction", "Resource", "Origin server"), rows)


def _media_types(run: Run) -> str:
    names = {(one.method, one.path): one.name for one in _of(Kind.TRANSACTION)}
    rows = [
        (names[one.method, one.path], f"`{one.value}`", found(one, run))
        for one in _of(Kind.MEDIA_TYPE)
    ]
    return table(("Transaction", "Media type", "Supported"), rows)


def _syntaxes(run: Run) -> str:
    by_id = {one.id: one for one in _of(Kind.SYNTAX)}
    rows = [
        (
            f"{uid} ({name})",
            *(found(by_id[f"syntax.{uid}.{end}"], run) for end, _ in USES.values()),
        )
        for name, uid in SYNTAXES.items()
    ]
    return table(("Transfer syntax", *USES), rows)


def _attributes(run: Run) -> str:
    """One row an attribute: whether searches match it and return it."""
    both: dict[tuple[str, str], dict[Kind, Found]] = {}
    for one in (*_of(Kind.KEY), *_of(Kind.RETURNED)):
        both.setdefault((one.id.split(".")[1], one.value), {})[one.kind] = found(one, run)
    rows = [
        (level, attribute, seen.get(Kind.KEY, "–"), seen.get(Kind.RETURNED, "–"))
        for (level, attribute), seen in both.items()
    ]
    return table(("Level", "Attribute", "Matched", "Returned"), rows)


def _parameters(run: Run) -> str:
    rows = [
        (f"`{one.value}`", f"`{one.method} {one.path}`", found(one, run))
        for one in _of(Kind.PARAMETER)
    ]
    return table(("Parameter", "Resource", "Supported"), rows)


def _character_sets(run: Run) -> str:
    rows = [(one.value, found(one, run)) for one in _of(Kind.CHARACTER_SET)]
    return table(("Character set", "Found by name, and returned as it is"), rows)


def _http(run: Run) -> str:
    rows = [(one.name, found(one, run)) for one in _of(Kind.HTTP)]
    return table(("Feature", "Supported"), rows)


def _statuses(run: Run) -> str:
    seen = Counter(
        (one.method, one.status)
        for result in run.results
        for one in result.evidence
        if one.status is not None
    )
    rows = [(method, status, count) for (method, status), count in sorted(seen.items())]
    return table(("Method", "Status", "Answers"), rows)


def _security(run: Run) -> str:
    scheme = "TLS (https)" if run.base.startswith("https:") else "none (http)"
    named = {name.lower() for r in run.results for e in r.evidence for name, _ in e.request_headers}
    said = "yes, by a header field" if "authorization" in named else "none was sent"
    return table(("", ""), [("Transport", scheme), ("Authorization of this run", said)])


def _requirements(run: Run) -> str:
    """How many demands hold, fail or stay open, a service a row."""
    worst: dict[str, set[Outcome]] = {}
    for result in run.results:
        for name in result.requirements:
            worst.setdefault(name, set()).add(result.outcome)
    groups = dict.fromkeys(one.group for one in CATALOGUE.values())
    return table(
        ("Service", "SHALL", "hold", "do not", "open", "SHOULD and MAY", "hold"),
        (_counted(group, run.edition, worst) for group in groups),
    )


def _counted(group: str, edition: str, seen: dict[str, set[Outcome]]) -> tuple[object, ...]:
    asked = [r for r in CATALOGUE.values() if r.group == group and r.holds_in(edition)]
    demanded = [seen.get(r.id, set()) for r in asked if r.level is Level.SHALL]
    others = [seen.get(r.id, set()) for r in asked if r.level is not Level.SHALL]
    failing = sum(bool(one & _BAD) for one in demanded)
    held = sum(Outcome.PASS in one and not one & _BAD for one in demanded)
    nice = sum(one == {Outcome.PASS} for one in others)
    return group, len(demanded), held, failing, len(demanded) - failing - held, len(others), nice


def _failures(run: Run) -> str:
    return table(("Check", "What came"), _failing(run)) or "None was seen."


def _failing(run: Run) -> Iterator[tuple[str, str]]:
    for one in run.results:
        if one.outcome in _BAD or "(waived until" in one.reason:
            yield f"`{one.check}`: {one.title}", one.reason


def _claims(run: Run) -> str:
    rows = [
        (one.verdict.value, one.name, one.words)
        for one in run.claims
        if one.verdict is not ClaimVerdict.HOLDS
    ]
    held = sum(one.verdict is ClaimVerdict.HOLDS for one in run.claims)
    if not run.claims:
        return ""
    told = table(("", "Feature", ""), rows)
    return f"{held} claims hold." + (f"\n\n{told}" if told else "")
