"""`make run` as an operator meets it: ready, demo, a taken port, Ctrl-C, a killed supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pydicom.data
import pytest
import requests

from tests.product import JSON, ROOT, Product, command_line
from tests.services import wait_until
from tests.sign_in import Visitor


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    product = Product(tmp_path)
    product.start()
    yield product
    product.stop()


def alive(pids: list[int]) -> list[int]:
    """Those of the processes that still run something (a zombie runs nothing)."""
    return [pid for pid in pids if command_line(pid)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("home"))
    product.start()
    wait_until(lambda: "Ctrl-C stops everything" in product.log.read_text(), "the welcome", 30)
    yield product
    product.stop()


def test_ready_is_said_with_the_addresses_and_a_way_to_push(shared: Product) -> None:
    said = shared.log.read_text()
    assert f"{shared.url}/viewer/" in said
    assert f"storescu -aec DICOMTUBE 127.0.0.1 {shared.dimse_port}" in said
    assert requests.get(f"{shared.url}/viewer/", timeout=10).status_code == 200


def test_the_curl_line_that_is_printed_stores_a_file(shared: Product) -> None:
    said = shared.log.read_text()
    start = said.index("curl ")
    line = said[start : said.index("or by C-STORE")].replace("image.dcm", str(ct_file()))
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert "00081199" in done.stdout


def test_a_newcomer_signs_in_with_a_stand_in_and_becomes_operator(shared: Product) -> None:
    assert f"({shared.url}/login) is for development" in shared.log.read_text()
    visitor = Visitor(shared)
    assert "Development sign-in" in visitor.get("/login").text
    visitor.sign_up("google", "newcomer")
    assert visitor.who() == "newcomer"
    said = shared.command("operator", "invite")
    offer = said[said.index("http") :].strip()
    assert "Become operator?" in visitor.get(offer).text
    secret = offer.partition("k=")[2]
    assert visitor.submit(offer, "/offer", k=secret).status_code == 303
    assert "newcomer  operator" in shared.command("operator", "list")
    assert visitor.submit("/settings/profile", "/offer", k=secret).status_code == 400


def ct_file() -> Path:
    return Path(str(pydicom.data.get_testdata_file("CT_small.dcm")))


def test_the_demo_pushes_through_both_doors_and_links_a_ct_series_first(shared: Product) -> None:
    said = shared.command("demo", "--limit", "40")
    assert "by STOW-RS" in said
    assert "by C-STORE" in said
    links = [line for line in said.splitlines() if "StudyInstanceUIDs=" in line]
    assert links[0].startswith("CT, ")
    study = links[0].rpartition("=")[2]
    answer = requests.get(
        f"{shared.root}/studies",
        params={"StudyInstanceUID": study},
        headers={"Accept": JSON},
        timeout=10,
    )
    assert len(answer.json()) == 1


def test_a_second_server_on_the_same_ports_is_refused_with_a_way_out(
    shared: Product, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops", "run"],
        cwd=ROOT,
        env={**shared.environment, "DICOMTUBE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert f"127.0.0.1:{shared.http_port} is already taken" in done.stderr


def test_logs_spool_and_index_are_for_the_servers_own_user_only(shared: Product) -> None:
    made = [path for path in shared.home.rglob("*") if path != shared.log]
    assert {"logs", "run", "objects", "broker", "metrics"} <= {path.name for path in made}
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_a_second_server_on_the_same_home_is_refused(shared: Product) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops", "run"],
        cwd=ROOT,
        env=shared.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "already runs on" in done.stderr


def test_a_sweep_can_be_asked_for(shared: Product) -> None:
    assert "Asked for a sweep" in shared.command("sweep")


def test_ctrl_c_stops_everything_soon(product: Product) -> None:
    assert product.process is not None
    processes = product.descendants()
    assert len(processes) >= 5
    begun = time.monotonic()
    product.process.send_signal(signal.SIGINT)
    assert product.process.wait(30) == 0
    assert time.monotonic() - begun < 15
    assert alive(processes) == []


def test_a_killed_supervisor_leaves_no_process_behind(product: Product) -> None:
    assert product.process is not None
    processes = product.descendants()
    product.process.kill()
    product.process.wait()
    wait_until(lambda: alive(processes) == [], "every process to end", 30)
    product.process = None


def test_a_killed_web_server_is_back_soon(product: Product) -> None:
    main = int((product.home / "run" / "web.pid").read_text())
    os.kill(main, signal.SIGKILL)
    wait_until(lambda: int((product.home / "run" / "web.pid").read_text()) != main, "a new one", 20)
    wait_until(lambda: requests.get(f"{product.url}/healthz", timeout=5).ok, "it to answer", 30)
