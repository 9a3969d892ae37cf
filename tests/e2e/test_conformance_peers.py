"""The conformance runner before servers of other people, so that it is fair to all.

What it says of them is kept in tables, and every failure is explained in docs/conformance-peers.md,
confirmed by hand. So a change of the runner that blames a peer for something new is seen here.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.peers.orthanc import Orthanc, started
from tests.peers.tables import PLACE, Kept, outcomes_in, read
from tests.product import ROOT

pytestmark = pytest.mark.e2e
GUIDE = ROOT / "docs" / "conformance-peers.md"
TABLES = sorted(PLACE.glob("*.toml"))


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    with started(tmp_path) as one:
        yield one


def test_orthanc_is_blamed_for_what_was_confirmed_by_hand_and_no_more(
    orthanc: Orthanc, tmp_path: Path
) -> None:
    kept = read(PLACE / "orthanc.toml")
    if orthanc.version() != kept.version:
        pytest.skip(f"the table is of Orthanc {kept.version}, and here is {orthanc.version()}")
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "conformance", "run", "--base", orthanc.root]
    command += ["--wado-uri", orthanc.wado_uri, "--write", "--edition", kept.edition]
    command += ["--json", str(report), "--quiet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 1, done.stdout + done.stderr
    found = outcomes_in(report)
    new = {
        check: outcome for check, outcome in found.items() if kept.outcomes.get(check) != outcome
    }
    gone = kept.outcomes.keys() - found.keys()
    assert not new, f"said of Orthanc and not in the table; confirm by hand, then keep: {new}"
    assert not gone, f"in the table and not said any more: {sorted(gone)}"


@pytest.mark.parametrize("kept", [read(path) for path in TABLES], ids=lambda one: one.name)
def test_every_failure_of_a_peer_is_explained(kept: Kept) -> None:
    section = GUIDE.read_text("utf-8").split(f"\n## {kept.name}", 1)[1].split("\n## ", 1)[0]
    assert kept.version in section
    assert f"`--edition {kept.edition}`" in section
    patterns = [one.replace("[", "[[]") for one in re.findall(r"`([a-z]+[^` ]*)`", section)]
    unexplained = [
        check for check in kept.failing() if not any(fnmatchcase(check, p) for p in patterns)
    ]
    assert not unexplained


def test_nothing_in_the_tables_is_the_runners_own_error() -> None:
    for path in TABLES:
        assert "error" not in read(path).outcomes.values()
