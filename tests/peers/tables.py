"""What the conformance runner says of a peer, kept as TOML: a check that does not pass a line.

python -m tests.peers.tables REPORT.json TABLE.toml    # keep what a report says in its table
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

PLACE = Path(__file__).parent
_FOLLOWS = ("pass", "blocked")


@dataclass(frozen=True)
class Kept:
    """What a peer came to, which peer it was, and the edition that it was held to."""

    name: str
    version: str
    edition: str
    outcomes: Mapping[str, str]

    def failing(self) -> list[str]:
        """Its checks of what is demanded and does not hold."""
        return [check for check, outcome in self.outcomes.items() if outcome == "fail"]


def read(path: Path) -> Kept:
    """A table."""
    return Kept(**tomllib.loads(path.read_text("utf-8")))


def outcomes_in(report: Path) -> dict[str, str]:
    """What a report in JSON says that a table keeps."""
    results: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))["results"]
    return {r["check"]: r["outcome"] for r in results if r["outcome"] not in _FOLLOWS}


def write(path: Path, kept: Kept) -> None:
    """Keep it."""
    lines = [f'{key} = "{getattr(kept, key)}"' for key in ("name", "version", "edition")]
    lines += ["", "[outcomes]"]
    lines += [f'"{check}" = "{outcome}"' for check, outcome in sorted(kept.outcomes.items())]
    path.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    table = Path(sys.argv[2])
    write(table, replace(read(table), outcomes=outcomes_in(Path(sys.argv[1]))))
