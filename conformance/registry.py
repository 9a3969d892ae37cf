"""Checks: one decorated function each, in an order that foundations come first.

A check's parameters are the server and what is known to lie on it; it returns, or raises a verdict.
Others' checks come in through ``--plugin module``, which needs to do no more than decorate.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from conformance.catalogue import CATALOGUE
from conformance.checks import MODULES
from conformance.model import Severity

if TYPE_CHECKING:
    from conformance.known import Known
    from conformance.wire.server import Server


class Needs(StrEnum):
    """What must be there before a check says anything."""

    NOTHING = "nothing"
    SAMPLE = "sample"
    """Some study on the server, whosever it is."""
    CORPUS = "corpus"
    """The runner's own instances, stored now or before."""
    WRITING = "writing"
    """Leave to store."""


Act = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Check:
    """One check, ready to run.

    Parameters
    ----------
    id
        Stable, such as ``qido.match.exact[PatientID]``.
    after
        Checks that have to pass before this one says anything.
    arguments
        What `act` is given beyond the server and the known data.
    last
        Whether it waits for all others, because servers are known that it ends.
    """

    id: str
    title: str
    requirements: tuple[str, ...]
    needs: Needs
    after: tuple[str, ...]
    severity: Severity
    act: Act
    arguments: tuple[Any, ...] = ()
    last: bool = False

    def run(self, server: Server, known: Known) -> None:
        """Look; returns when all holds.

        Raises
        ------
        Verdict
            It does not.
        """
        self.act(server, known, *self.arguments)


class Registry:
    """All checks by id."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def check(
        self,
        name: str,
        *requirements: str,
        needs: Needs = Needs.CORPUS,
        after: Sequence[str] = (),
        severity: Severity = Severity.NORMAL,
        last: bool = False,
    ) -> Callable[[Act], Act]:
        """Make a function a check; its docstring's first line is the title.

        Raises
        ------
        ValueError
            The id is taken, or a requirement is not in the catalogue.
        """

        def decorate(act: Act) -> Act:
            waits = tuple(after)
            row = Check(name, _title(act), requirements, needs, waits, severity, act, last=last)
            self._add(row)
            return act

        return decorate

    def each(
        self,
        name: str,
        rows: Iterable[tuple[str, tuple[str, ...], tuple[Any, ...]]],
        *,
        needs: Needs = Needs.CORPUS,
        after: Sequence[str] = (),
        severity: Severity = Severity.NORMAL,
        last: bool = False,
    ) -> Callable[[Act], Act]:
        """Make a check of each row: its name, its requirements, the function's further arguments.

        In the docstring's first line ``{}`` stands for the name.
        """

        def decorate(act: Act) -> Act:
            for of, requirements, arguments in rows:
                title = _title(act).replace("{}", of)
                one = f"{name}[{of}]"
                waits = tuple(after)
                self._add(
                    Check(one, title, requirements, needs, waits, severity, act, arguments, last)
                )
            return act

        return decorate

    def all(self) -> list[Check]:
        """Every check, in the order of their making; those that may end a server come last."""
        return sorted(self._checks.values(), key=lambda one: one.last)

    def chosen(self, patterns: Sequence[str]) -> list[Check]:
        """Checks whose id or requirement begins with one of these, with those they come after."""
        if not patterns:
            return self.all()
        wanted = {c.id for c in self.all() if _matches(c, patterns)}
        while more := {a for name in wanted for a in self._checks[name].after} - wanted:
            wanted |= more
        return [c for c in self.all() if c.id in wanted]

    def _add(self, one: Check) -> None:
        if one.id in self._checks:
            raise ValueError(f"there are two checks {one.id}")
        if unknown := [r for r in one.requirements if r not in CATALOGUE]:
            raise ValueError(f"check {one.id} names requirements that nobody wrote down: {unknown}")
        if unknown := [a for a in one.after if a not in self._checks]:
            raise ValueError(f"check {one.id} comes after checks that come later: {unknown}")
        if not one.last and any(self._checks[a].last for a in one.after):
            raise ValueError(f"check {one.id} comes after one that comes last")
        self._checks[one.id] = one


def _title(act: Act) -> str:
    lines = (act.__doc__ or "").strip().splitlines()
    if not lines:
        raise ValueError(f"{act.__name__} has no docstring to be its title")
    return lines[0].rstrip(".")


def _matches(one: Check, patterns: Sequence[str]) -> bool:
    names = (one.id, *one.requirements)
    return any(name.lower().startswith(p.lower()) for name in names for p in patterns)


REGISTRY = Registry()
check = REGISTRY.check
each = REGISTRY.each


def load_checks(plugins: Sequence[str] = ()) -> Registry:
    """Read all modules of `conformance.checks` in their order, then these plug-ins."""
    for module in MODULES:
        importlib.import_module(f"conformance.checks.{module}")
    for plugin in plugins:
        importlib.import_module(plugin)
    return REGISTRY
