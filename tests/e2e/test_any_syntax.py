"""Any syntax for any instance, in random order under load: the server lives and leaves nothing.

The number of requests is `DICOMTUBE_TEST_SYNTAX_REQUESTS` (100; `make soak-syntaxes` asks 1,000).
Who asks is an outsider: several threads, what was stored, and every way that PS3.18 has to ask.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pydicom
import pytest
import requests
from pydicom.errors import InvalidDicomError
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_file_meta_info

from tests.part10_files import RealFile, real_files
from tests.product import Product, stow, wait_processed

pytestmark = pytest.mark.alone

REQUESTS = int(os.environ.get("DICOMTUBE_TEST_SYNTAX_REQUESTS", "100"))
SEED = int(os.environ.get("DICOMTUBE_TEST_SEED", "0")) or random.randrange(1, 2**32)
THREADS = 6
A_SYNTAX = 5
MAX_FILE_BYTES = 8 << 20
MAX_MIB = 700
"""Of any process: what it has at rest, and one frame of 256 MiB on its way."""

_P = "1.2.840.10008.1.2"
SYNTAXES = ["*", "", _P, _P + ".1", _P + ".1.99", _P + ".2", _P + ".1.98", _P + ".5", _P + ".8.1"]
SYNTAXES += [
    f"{_P}.4.{suffix}"
    for suffix in (
        *(50, 51, 53, 55, 57, 70, 80, 81, 90, 91, 92, 93, 102, 107),
        *(110, 111, 112, 201, 202, 203),
    )
]
BULK_TYPES = ["application/octet-stream", "*/*", "image/*", "image/jpeg", "image/jls", "image/jp2"]
BULK_TYPES += ["image/jphc", "image/jxl", "image/dicom-rle", "image/jpx", "video/mp4"]
EXPLAINED = {200, 206, 404, 406}


@dataclass(frozen=True)
class Where:
    """A stored instance."""

    study: str
    series: str
    instance: str

    def path(self, level: str) -> str:
        study = f"/studies/{self.study}"
        series = f"{study}/series/{self.series}"
        return {"study": study, "series": series}.get(level, f"{series}/instances/{self.instance}")


def a_request(dice: random.Random, stored: list[Where]) -> tuple[str, str]:
    """A path and an Accept header."""
    where = dice.choice(stored)
    kind = dice.choice(["instance", "instance", "series", "frames", "frames", "pixeldata", "zip"])
    syntax = dice.choice(SYNTAXES)
    uid = f"; transfer-syntax={syntax}" if syntax else ""
    if kind == "zip":
        return where.path(dice.choice(["instance", "series"])), f"application/zip{uid}"
    if kind in ("instance", "series"):
        single = kind == "instance" and dice.random() < 0.5
        dicom = "application/dicom" if single else 'multipart/related; type="application/dicom"'
        return where.path(kind), dicom + uid
    media_type = dice.choice(BULK_TYPES)
    single = dice.random() < 0.5
    accept = media_type if single else f'multipart/related; type="{media_type}"'
    resource = f"/frames/{dice.choice([1, 1, 1, 2, 9999])}" if kind == "frames" else "/pixeldata"
    return where.path("instance") + resource, accept + uid


@pytest.fixture(scope="module")
def stored(embedded_product: Product) -> list[Where]:
    found: dict[Where, str] = {}
    for name, data in examples():
        answer = stow(embedded_product.root, [data])
        if answer.status_code == 200:
            ds = pydicom.dcmread(DicomBytesIO(data), force=True, stop_before_pixels=True)
            found[Where(ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)] = name
    assert len(found) > 5
    wait_processed(embedded_product)
    return list(found)


def examples() -> Iterator[tuple[str, bytes]]:
    """Small real files, some of every transfer syntax there is among them."""
    by_syntax: dict[str, list[RealFile]] = {}
    for file in real_files():
        if file.path.stat().st_size <= MAX_FILE_BYTES:
            by_syntax.setdefault(syntax_of(file.path), []).append(file)
    for files in by_syntax.values():
        files.sort(key=lambda one: one.path.stat().st_size)
        # Some of the smallest, some of the longest: what the latter cost shows.
        for file in {one.name: one for one in (*files[:A_SYNTAX], *files[-3:])}.values():
            yield file.name, file.read()


def syntax_of(path: Path) -> str:
    try:
        return str(read_file_meta_info(path).get("TransferSyntaxUID", ""))
    except InvalidDicomError:
        return ""


def left_behind(product: Product) -> set[str]:
    """Files that requests may have made: in the spool, and in the machine's temporary folder."""
    spooled = {str(path) for path in product.home.rglob("*") if path.is_file() and
               ("spool" in path.parts or path.suffix in (".tmp", ".part"))}  # fmt: skip
    names = {entry.name for entry in Path(tempfile.gettempdir()).iterdir()}
    return spooled | {name for name in names if name.startswith(("tmp", "dicomtube"))}


def peaks(product: Product) -> dict[int, int]:
    """Resident memory of every process of the product, in MiB."""
    found = {}
    for pid in product.descendants():
        try:
            found[pid] = psutil.Process(pid).memory_info().rss >> 20
        except psutil.NoSuchProcess:
            continue
    return found


def test_any_syntax_of_any_instance_under_load(
    embedded_product: Product, stored: list[Where]
) -> None:
    product = embedded_product
    webs = set(product.pids("web"))
    before = left_behind(product)
    seen: Counter[str] = Counter()
    highest = 0

    def one(number: int) -> tuple[int, str, str, str]:
        path, accept = a_request(random.Random(SEED * 100_003 + number), stored)
        with requests.get(
            product.root + path, headers={"Accept": accept}, timeout=120, stream=True
        ) as answer:
            size = sum(len(chunk) for chunk in answer.iter_content(1 << 20))
            if answer.status_code in (404, 406):
                assert answer.headers["Content-Type"] == "application/json"
            assert size or answer.status_code == 304
            return answer.status_code, path, accept, answer.reason

    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        for status, path, accept, reason in pool.map(one, range(REQUESTS)):
            seen[str(status)] += 1
            assert status in EXPLAINED, f"seed {SEED}: {status} {reason} for {path} {accept}"
            highest = max(highest, *peaks(product).values())
    print(f"{REQUESTS} requests in {time.monotonic() - began:.0f} s, {dict(seen)}, ", end="")
    print(f"at most {highest} MiB a process, seed {SEED}")
    assert seen["200"] > REQUESTS / 5, seen
    assert highest < MAX_MIB
    assert webs <= set(product.pids("web")), "a web process ended"
    assert requests.get(f"{product.url}/healthz", timeout=10).ok
    assert left_behind(product) <= before
