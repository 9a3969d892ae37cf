"""Our own server before the conformance runner, from outside, with everything switched on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ops.conformance.held import deviations
from tests.product import ROOT, Product

pytestmark = pytest.mark.e2e
WAIVERS = ROOT / "ops" / "conformance" / "deviations.toml"
DESCRIBED_ELSEWHERE = {"content[from-jpeg]", "content[slide-decoded]"}
"""Recommendations that we do not follow; every other check has to hold."""


def test_every_demand_holds_or_is_a_deviation_that_the_statement_names(
    embedded_product: Product, tmp_path: Path
) -> None:
    report, page = tmp_path / "report.json", tmp_path / "report.html"
    command = [sys.executable, "-m", "conformance", "run", "--base", embedded_product.root]
    command += ["--wado-uri", f"{embedded_product.url}/wado", "--write", "--quiet"]
    command += ["--waivers", str(WAIVERS), "--json", str(report), "--html", str(page)]
    command += ["--claims", "wadl"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(report.read_text("utf-8"))
    results = document["results"]
    counts = Counter(one["outcome"] for one in results)
    assert counts["fail"] == counts["error"] == 0
    assert counts["pass"] > 600
    assert page.stat().st_size > 100_000
    claims = Counter(one["verdict"] for one in document["claims"])
    assert claims["error"] == claims["note"] == 0
    assert claims["holds"] > 100
    weak = {one["check"] for one in results if one["outcome"] == "weak"}
    waived = {one["check"] for one in results if "(waived until" in one["reason"]}
    assert weak - waived == DESCRIBED_ELSEWHERE
    assert len(deviations()) == len({one.split("[")[0] for one in waived})
