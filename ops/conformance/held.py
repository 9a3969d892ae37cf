"""What PS3.18 asks, and where this server knowingly does otherwise: tables of the statement.

The requirements are those of the conformance runner, and the deviations those that its run against
this server forgives; so neither can say something else than what is tested.
"""

from __future__ import annotations

from importlib.resources import as_file, files

from conformance.catalogue import CATALOGUE
from conformance.model import Level
from conformance.registry import load_checks
from conformance.reports.comparing import Waiver, read_waivers
from ops.conformance.markdown import table


def deviations() -> tuple[Waiver, ...]:
    """Each known deviation, as the runner reads it."""
    with as_file(files("ops.conformance").joinpath("deviations.toml")) as path:
        return read_waivers(path)


def requirements_table() -> str:
    """How many requirements each service has, by level, and how many checks look at them."""
    checks = load_checks().all()
    rows = []
    for group in dict.fromkeys(one.group for one in CATALOGUE.values()):
        mine = {name: one for name, one in CATALOGUE.items() if one.group == group}
        counts = [str(sum(one.level is level for one in mine.values())) for level in Level]
        looking = sum(not mine.keys().isdisjoint(one.requirements) for one in checks)
        rows.append((group, *counts, str(looking)))
    return table(("Service", *Level, "Checks"), rows)


def deviations_table() -> str:
    """Which checks a deviation fails, and why it is kept."""
    rows = [(f"`{one.check}`", one.reason) for one in deviations()]
    return table(("Checks", "What is done otherwise, and why"), rows)
