"""A run as JUnit XML, which every build server reads: a suite a group of requirements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as Xml

from conformance.catalogue import CATALOGUE
from conformance.model import ClaimVerdict, Outcome, Result, Run

_SKIPPED: Final = frozenset({Outcome.SKIP, Outcome.BLOCKED, Outcome.NOT_OFFERED})


def to_junit(run: Run) -> str:
    """The run as a document; what is weak passes, and says so."""
    root = Xml.Element("testsuites", name="DICOMweb conformance", time=f"{run.elapsed_s:.3f}")
    for group, results in _groups(run).items():
        suite = Xml.SubElement(
            root,
            "testsuite",
            name=group,
            tests=str(len(results)),
            failures=str(sum(r.outcome is Outcome.FAIL for r in results)),
            errors=str(sum(r.outcome is Outcome.ERROR for r in results)),
            skipped=str(sum(r.outcome in _SKIPPED for r in results)),
            time=f"{sum(r.elapsed_s for r in results):.3f}",
        )
        for result in results:
            _case(suite, group, result)
    _beside(
        root, "claims", [(c.name, c.words, c.verdict is ClaimVerdict.ERROR) for c in run.claims]
    )
    _beside(root, "times", [(t.name, t.trouble, t.is_too_slow) for t in run.timings])
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _beside(root: Xml.Element, name: str, rows: Sequence[tuple[str, str, bool]]) -> None:
    """A suite of what is no check: names, words, and whether it fails."""
    if not rows:
        return
    failures = str(sum(fails for _, _, fails in rows))
    suite = Xml.SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(rows)),
        failures=failures,
        errors="0",
        skipped="0",
    )
    for what, words, fails in rows:
        case = Xml.SubElement(suite, "testcase", classname=f"dicomweb.{name}", name=what)
        if fails:
            Xml.SubElement(case, "failure", message=_printable(words))
        elif words:
            Xml.SubElement(case, "system-out").text = _printable(words)


def _groups(run: Run) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = {}
    for result in run.results:
        groups.setdefault(CATALOGUE[result.requirements[0]].group, []).append(result)
    return groups


def _case(suite: Xml.Element, group: str, result: Result) -> None:
    case = Xml.SubElement(
        suite,
        "testcase",
        classname=f"dicomweb.{group.replace(' ', '_')}",
        name=f"{result.check}: {result.title}",
        time=f"{result.elapsed_s:.3f}",
    )
    reason = _printable(result.reason)
    if result.outcome is Outcome.FAIL:
        Xml.SubElement(case, "failure", message=reason).text = _details(result)
    elif result.outcome is Outcome.ERROR:
        Xml.SubElement(case, "error", message=reason).text = _details(result)
    elif result.outcome in _SKIPPED:
        Xml.SubElement(case, "skipped", message=f"{result.outcome.value}: {reason}")
    elif result.outcome is Outcome.WEAK:
        Xml.SubElement(case, "system-out").text = f"weak: {reason}"


def _details(result: Result) -> str:
    names = ", ".join(result.requirements)
    lines = [f"requirements: {names}", *(one.curl for one in result.evidence)]
    return _printable("\n".join(lines))


def _printable(text: str) -> str:
    """Without what XML 1.0 has no character for."""
    return "".join(c if _is_character(c) else "·" for c in text)


def _is_character(c: str) -> bool:
    return c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000"
