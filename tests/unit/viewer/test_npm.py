"""npm is stood in for by a small program on PATH: what matters is how its failures are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from viewer import npm
from viewer.errors import FetchFailed


@pytest.fixture
def fake_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def _install(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, body in (("npm", script), ("node", "")):
            (folder / name).write_text(f"#!/bin/sh\n{body}\n")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return _install


def test_the_tarball_that_npm_leaves_is_returned(
    fake_npm: Callable[[str], None], tmp_path: Path
) -> None:
    fake_npm('echo x > "$PWD/ohif-app-1.0.0.tgz"')
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert npm.pack("@ohif/app", "1.0.0", scratch, print) == scratch / "ohif-app-1.0.0.tgz"


def test_a_registry_out_of_reach_says_what_to_do(
    fake_npm: Callable[[str], None], tmp_path: Path
) -> None:
    fake_npm("echo 'npm error code ENOTFOUND' >&2; exit 1")
    with pytest.raises(FetchFailed) as caught:
        npm.pack("@ohif/app", "1.0.0", tmp_path, print)
    assert "ENOTFOUND" in str(caught.value)
    assert "--tarball FILE" in str(caught.value)


def test_an_npm_that_leaves_nothing_is_an_error(
    fake_npm: Callable[[str], None], tmp_path: Path
) -> None:
    fake_npm("exit 0")
    with pytest.raises(FetchFailed, match="no tarball"):
        npm.pack("@ohif/app", "1.0.0", tmp_path, print)
