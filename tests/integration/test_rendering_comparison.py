"""Our pictures beside DCMTK's, one image of each photometric kind of the real data."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.renderings import TOLERANCE, Case, cases, compare

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def of_each_kind(data: Path) -> list[Case]:
    kinds: dict[tuple[str, str], Case] = {}
    for case in cases(data, most_alike=1):
        kinds.setdefault((case.facts["photometric"], case.facts["bits_alloc_stored"]), case)
    return list(kinds.values())


def test_our_pictures_of_every_photometric_kind_are_those_of_dcmtk(test_data: Path | None):
    if test_data is None:
        pytest.skip("the real data are not here: set DICOMTUBE_TEST_DATA to where they lie")
    done = [compare(case) for case in of_each_kind(test_data)]
    compared = [case for case in done if case.compared]
    photometric = {case.facts["photometric"] for case in compared}
    assert len(compared) >= 10
    assert photometric >= {
        "MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL", "YBR_FULL_422", "PALETTE COLOR", "YBR_RCT",
    }  # fmt: skip
    strange = {
        case.name: case.mean for case in compared if case.mean > TOLERANCE and not case.explanation
    }
    assert strange == {}


def test_a_wrong_picture_would_be_noticed(test_data: Path | None):
    if test_data is None:
        pytest.skip("the real data are not here: set DICOMTUBE_TEST_DATA to where they lie")
    case = compare(next(cases(test_data)))
    case.ours = 255 - case.ours
    assert case.mean > 10 * TOLERANCE
