from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.errors import OperatorError
from ops.lock import only_one


def test_a_second_supervisor_of_the_same_home_is_told_who_holds_it(tmp_path: Path) -> None:
    with (
        only_one(tmp_path),
        pytest.raises(OperatorError, match=f"process {os.getpid()}"),
        only_one(tmp_path),
    ):
        pass


def test_the_home_is_free_again_afterwards(tmp_path: Path) -> None:
    with only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass
