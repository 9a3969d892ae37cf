from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.unit.viewer.packages import FILES, integrity, pack
from viewer import releases
from viewer.releases import Release


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Make a tarball and pin it as release 1.0.0."""

    def _publish(files: Mapping[str, bytes] = FILES) -> Path:
        tarball = pack(files, tmp_path / "ohif-app-1.0.0.tgz")
        release = Release("1.0.0", integrity(tarball))
        monkeypatch.setattr(releases, "RELEASES", {"1.0.0": release})
        return tarball

    return _publish
