"""A page for every check: what it asks, which sentences of the standard it stands for, how to run.

Checks that one function makes of a table share a page. All of it comes from the checks themselves,
so that no page says something else than what is done.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from conformance.catalogue import CATALOGUE
from conformance.model import Severity
from conformance.registry import Check, Needs

_NEEDS: Final = {
    Needs.NOTHING: "nothing but an address",
    Needs.SAMPLE: "some study on the server, whosever it is; it works in a read-only run",
    Needs.CORPUS: "the runner's own instances on the server (`--write`, or `dump` and C-STORE)",
    Needs.WRITING: "leave to store (`--write`)",
}
_PLAIN: Final = (str, int, float, bool, dict, type(None))
max_argument_chars: Final = 120
_AFTER_DOTS: Final = re.compile(r"[^A-Za-z0-9.-]+")


def write_pages(folder: Path, checks: Sequence[Check]) -> int:
    """Write a page for each check or family of checks, and one that leads to them.

    Returns
    -------
    int
        How many there are.
    """
    families = families_of(checks)
    places = places_of(families)
    folder.mkdir(parents=True, exist_ok=True)
    for name, family in families.items():
        (folder / f"{file_name(name)}.md").write_text(page(name, family, places), "utf-8")
    (folder / "README.md").write_text(contents(families), "utf-8")
    return len(families)


def families_of(checks: Iterable[Check]) -> dict[str, list[Check]]:
    """Checks that one function makes of a table, by the name that they share."""
    by_act: dict[object, list[Check]] = {}
    for one in checks:
        shared = one.id.partition("[")[0]
        by_act.setdefault((one.act, shared), []).append(one)
    found: dict[str, list[Check]] = {}
    for family in by_act.values():
        first = family[0].id
        name = first if len(family) == 1 else first.partition("[")[0]
        # Two functions may share the beginning of their checks' names: then the first has it.
        found[first if name in found else name] = family
    return found


def places_of(families: Mapping[str, Sequence[Check]]) -> dict[str, str]:
    """The file of each check's page, without its ending."""
    return {one.id: file_name(name) for name, family in families.items() for one in family}


def file_name(name: str) -> str:
    """A name as one of a file."""
    return _AFTER_DOTS.sub("-", name).strip("-")


def page(name: str, family: Sequence[Check], places: Mapping[str, str]) -> str:
    """The page of a check, or of a family.

    Parameters
    ----------
    places
        The files of all checks, without their ending.
    """
    first = family[0]
    text = inspect.getdoc(first.act) or first.title
    title, _, more = text.partition("\n")
    parts = [
        f"# {name}",
        f"{title.rstrip('.').replace('{}', '…')}.",
        more.strip(),
        _facts(family, places),
        "## What the standard says",
        _requirements(family),
        *(["## The checks", _members(family)] if len(family) > 1 else []),
        "## By itself",
        f"```\ndicom-conformance run --base URL --write --only '{name}'\n```",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(family: Sequence[Check], places: Mapping[str, str]) -> str:
    first = family[0]
    after = dict.fromkeys(a for one in family for a in one.after)
    lines = [f"- Needs {_NEEDS[first.needs]}."]
    if after:
        words = ", ".join(f"[{one}]({places[one]}.md)" for one in after)
        lines.append(f"- Waits for {words}: when that does not pass, it is “blocked”.")
    if first.severity is Severity.PRIVACY:
        lines.append("- A failure is marked as a hazard to patients' privacy.")
    lines.append(f"- Written in `{first.act.__module__}`.")
    return "\n".join(lines)


def _requirements(family: Sequence[Check]) -> str:
    names = dict.fromkeys(name for one in family for name in one.requirements)
    rows = ["| Requirement | Level | Section | Editions | Sentence |", "|---|---|---|---|---|"]
    for row in (CATALOGUE[name] for name in names):
        editions = f"{row.since} to {row.until or 'now'}"
        section = f"{row.part} {row.section}" if row.standard else "beyond the standard"
        rows.append(f"| {row.id} | {row.level} | {section} | {editions} | {_cell(row.title)} |")
    return "\n".join(rows)


def _members(family: Sequence[Check]) -> str:
    rows = ["| Check | With | Requirements |", "|---|---|---|"]
    for one in family:
        given = " ".join(f"`{_cell(word)}`" for word in _arguments(one))
        rows.append(f"| `{_cell(one.id)}` | {given} | {', '.join(one.requirements)} |")
    return "\n".join(rows)


def _arguments(one: Check) -> list[str]:
    """What the check's function is given, as far as it can be written down in short."""
    words = [repr(part) for part in one.arguments if isinstance(part, _PLAIN)]
    return [word if len(word) <= max_argument_chars else f"{word[:100]} …" for word in words]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def contents(families: dict[str, list[Check]]) -> str:
    """The page that leads to all others, by the service that their first requirement is of."""
    parts = ["# Checks", "What each check of the runner asks, generated from the checks."]
    groups: dict[str, list[str]] = {}
    for name, family in families.items():
        group = CATALOGUE[family[0].requirements[0]].group
        title = (inspect.getdoc(family[0].act) or "").split("\n")[0].replace("{}", "…")
        count = f" ({len(family)})" if len(family) > 1 else ""
        line = f"- [{name}]({file_name(name)}.md){count}: {title}"
        groups.setdefault(group, []).append(line)
    for group, lines in groups.items():
        parts += [f"## {group}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"
