"""renderedMPR and rendered3D: pictures of volumes by HTTP, and the parameters of them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmread
from pydicom.uid import generate_uid
from werkzeug.test import TestResponse

from imaging.rendering.pictures import ANIMATION_TYPES
from tests.builders import ct_data_set, part10
from tests.unit.dicomweb.conftest import Web, instance_path
from tests.volumes import series_files

WINDOW = "0,1000,linear"
JSON = "application/dicom+json"


def voxels() -> NDArray[np.int16]:
    return np.random.default_rng(9).integers(-400, 400, (6, 12, 16), dtype=np.int16)


@pytest.fixture
def series(web: Web) -> str:
    """The path of a stored series of `voxels`."""
    return stored_series(web, series_files(voxels()))


def stored_series(web: Web, files: list[bytes]) -> str:
    return web.stored(*files)[0].partition("/instances/")[0]


def study_of(series: str) -> str:
    return series.partition("/series/")[0]


def picture(response: TestResponse) -> NDArray[np.uint8]:
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.data)))


def message(response: TestResponse) -> str:
    assert response.is_json, response.text
    return str(response.json["message"])


def gray(values: NDArray[Any]) -> NDArray[np.uint8]:
    """PS3.3 C.11.2.1.2.1, by hand: the window of the tests."""
    fractions = (values.astype(np.float64) + 0.5) / 999 + 0.5
    return (np.clip(fractions, 0, 1) * 255 + 0.5).astype(np.uint8)


def test_a_plane_is_its_slice(web: Web, series: str) -> None:
    for number in (0, 3, 5):
        asked = f"viewpointposition=7.5,5.5,-99&viewpointlookat=7.5,5.5,{number}"
        up = "viewpointup=0,-1,0"
        url = f"{series}/renderedMPR?{asked}&{up}&window={WINDOW}"
        made = picture(web.get(url, "image/png"))
        assert np.array_equal(made, gray(voxels()[number]))


@pytest.mark.parametrize(
    ("orientation", "axis", "flips"), [("f", 0, ()), ("a", 1, (0,)), ("l", 2, (0,))]
)
@pytest.mark.parametrize(("method", "reduce"), [("maximum_ip", np.max), ("minimum_ip", np.min)])
def test_a_projection_is_that_of_the_array(
    web: Web,
    series: str,
    orientation: str,
    axis: int,
    flips: tuple[int, ...],
    method: str,
    reduce: Any,
) -> None:
    asked = f"renderingmethod={method}&orientation={orientation}&window={WINDOW}"
    made = picture(web.get(f"{series}/rendered3D?{asked}", "image/png"))
    assert np.array_equal(made, gray(np.flip(reduce(voxels(), axis=axis), flips)))


@pytest.mark.parametrize("resource", ["renderedMPR", "renderedmpr", "rendered3D", "rendered3d"])
def test_study_series_and_both_spellings_are_served(web: Web, series: str, resource: str) -> None:
    for target in (study_of(series), series):
        response = web.get(f"{target}/{resource}")
        assert response.content_type == "image/jpeg"
        assert picture(response).size > 100


def test_a_multi_frame_instance_and_frames_of_it_are_volumes(web: Web) -> None:
    values = voxels()
    files = [dcmread(io.BytesIO(file)) for file in series_files(values)]
    whole = files[0]
    whole.NumberOfFrames = len(values)
    whole.GridFrameOffsetVector = list(range(len(values)))
    whole.PixelData = values.astype("<i2").tobytes()
    [instance] = web.stored(part10(whole))
    asked = f"orientation=f&renderingmethod=maximum_ip&window={WINDOW}"
    made = picture(web.get(f"{instance}/rendered3D?{asked}", "image/png"))
    assert np.array_equal(made, gray(values.max(axis=0)))
    some = picture(web.get(f"{instance}/frames/2,3,4/rendered3D?{asked}", "image/png"))
    assert np.array_equal(some, gray(values[1:4].max(axis=0)))


def test_a_viewport_is_the_size_and_the_region(web: Web, series: str) -> None:
    whole = picture(web.get(f"{series}/renderedMPR?viewport=64,64", "image/png"))
    assert whole.shape == (48, 64)
    plain = picture(web.get(f"{series}/renderedMPR", "image/png"))
    cut = picture(web.get(f"{series}/renderedMPR?viewport=4,3,8,6,4,3", "image/png"))
    assert np.array_equal(cut, plain[6:9, 8:12])
    refused = web.get(f"{series}/renderedMPR?viewport=4,3,15,6,4,3")
    assert refused.status_code == 400
    assert "viewport" in message(refused)


def test_the_parameters_are_those_of_the_pictures(web: Web, series: str) -> None:
    asked = f"renderingmethod=maximum_ip&mprslab=3&orientation=a&window={WINDOW}"
    url = f"{series}/renderedMPR?{asked}"
    response = web.get(f"{url}&renderedvolumetricmetadata=yes", JSON)
    assert response.content_type == JSON
    said = {tag: element["Value"] for tag, element in response.json.items()}
    assert said["00720510"] == ["MPR"]
    assert said["0070120D"] == ["MAXIMUM_IP"]
    assert said["00701503"] == [3]
    assert (said["00281050"], said["00281051"], said["00281056"]) == ([0], [1000], ["LINEAR"])
    viewpoint = "&".join(
        f"{name}={','.join(map(str, said[tag]))}"
        for name, tag in {
            "viewpointposition": "00701603",
            "viewpointlookat": "00701604",
            "viewpointup": "00701605",
        }.items()
    )
    again = asked.replace("orientation=a", viewpoint)
    assert (
        web.get(f"{series}/renderedMPR?{again}", "image/png").data == web.get(url, "image/png").data
    )


def test_the_parameters_of_a_swivel_are_those_of_the_example(web: Web, series: str) -> None:
    asked = "renderingmethod=volume_rendered&orientation=a&swivelrange=180&animationrate=20"
    said = web.get(f"{series}/rendered3D?{asked}&renderedvolumetricmetadata=yes", JSON).json
    assert set(said) == {
        *("00720510", "0070120D", "00701603", "00701604", "00701605"),
        *("00701A03", "00701A05", "00701A06"),
    }
    assert said["00701A06"] == {"vr": "FD", "Value": [180.0]}
    assert said["00701A03"]["Value"] == [20.0]
    assert said["00701605"]["Value"] == [0.0, 0.0, 1.0]


def test_the_parameters_are_given_as_xml_too_and_as_nothing_else(web: Web, series: str) -> None:
    url = f"{series}/renderedMPR?renderedvolumetricmetadata=yes"
    xml = web.get(url, 'multipart/related; type="application/dicom+xml"')
    assert b'tag="00720510"' in xml.data
    assert web.get(url, "image/png").status_code == 406


def test_what_is_not_said_is_said_in_the_parameters(web: Web, series: str) -> None:
    said = web.get(f"{series}/renderedMPR?renderedvolumetricmetadata=yes", JSON).json
    assert said["0070120D"]["Value"] == ["AVERAGE_IP"]
    window = said["00281051"]["Value"][0]
    assert 700 < window <= 800  # nearly all values, as the images ask for no window


@pytest.mark.parametrize("media_type", ANIMATION_TYPES)
def test_a_swivel_moves(web: Web, series: str, media_type: str) -> None:
    asked = "renderingmethod=maximum_ip&swivelrange=90&animationstepsize=15&animationrate=20"
    response = web.get(f"{series}/rendered3D?{asked}", media_type)
    assert response.status_code == 200
    assert response.content_type == media_type
    if media_type == "image/gif":
        made = Image.open(io.BytesIO(response.data))
        assert made.n_frames == 6
        assert made.info["duration"] == 50


def test_an_animation_is_no_still_but_parts(web: Web, series: str) -> None:
    url = f"{series}/renderedMPR?volumetriccurvepoint=7,5,0,7,5,4&animationstepsize=2"
    assert web.get(url, "image/png").status_code == 406
    parts = web.get(url, 'multipart/related; type="image/png"')
    assert parts.data.count(b"\x89PNG") == 3


def test_phases_are_named_matched_or_seen_one_after_the_other(web: Web) -> None:
    uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid(),
            "FrameOfReferenceUID": generate_uid()}  # fmt: skip
    phases = [
        series_files(voxels() + 50 * phase, TemporalPositionIdentifier=phase + 1, **uids)
        for phase in range(3)
    ]
    series = stored_series(web, [file for phase in phases for file in phase])
    ambiguous = web.get(f"{series}/renderedMPR")
    assert ambiguous.status_code == 400
    assert len(ambiguous.json["available"]) == 3
    asked = f"orientation=f&renderingmethod=maximum_ip&window={WINDOW}"
    expected = gray((voxels() + 50).max(axis=0))
    reference = dcmread(io.BytesIO(phases[1][2])).SOPInstanceUID
    for choice in (f"volumeinputreference={reference}", "TemporalPositionIdentifier=2"):
        made = picture(web.get(f"{series}/rendered3D?{asked}&{choice}", "image/png"))
        assert np.array_equal(made, expected)
    moving = web.get(f"{series}/rendered3D?{asked}&animationrate=5", "image/gif")
    assert Image.open(io.BytesIO(moving.data)).n_frames == 3


def test_of_several_volumes_the_largest_is_shown_and_the_others_are_named(web: Web) -> None:
    study = generate_uid()
    large = stored_series(web, series_files(voxels(), StudyInstanceUID=study))
    small = series_files(voxels()[:3], StudyInstanceUID=study)
    web.stored(*small)
    response = web.get(f"{study_of(large)}/renderedMPR", "image/png")
    others = {str(dcmread(io.BytesIO(file)).SOPInstanceUID) for file in small}
    assert response.headers["Warning"].rpartition("volumeinputreference=")[2] in others
    assert response.data == web.get(f"{large}/renderedMPR", "image/png").data


def test_uneven_images_are_warned_of_and_missing_ones_refused(web: Web) -> None:
    files = series_files(voxels())
    gone = stored_series(web, [file for at, file in enumerate(files) if at != 3])
    refused = web.get(f"{gone}/renderedMPR")
    assert refused.status_code == 400
    assert "missing" in message(refused)
    uneven = []
    for at, file in enumerate(series_files(voxels())):
        ds = dcmread(io.BytesIO(file))
        ds.ImagePositionPatient = [0, 0, at * (1.0 + 0.04 * at)]
        uneven.append(part10(ds))
    response = web.get(f"{stored_series(web, uneven)}/renderedMPR")
    assert "interpolated" in response.headers["Warning"]


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"ImagePositionPatient": None}, "where in the patient"),
        ({"PixelSpacing": None}, "how large their pixels"),
        ({}, "no two parallel images"),
    ],
)
def test_what_is_no_volume_is_refused_with_the_reason(
    web: Web, overrides: dict[str, Any], reason: str
) -> None:
    given = {
        "ImagePositionPatient": [0, 0, 0],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [1, 1],
    }
    [path] = web.stored(part10(ct_data_set(**{**given, **overrides})))
    refused = web.get(f"{path}/renderedMPR")
    assert refused.status_code == 400
    assert reason in message(refused)


def test_presentation_states_take_none_of_these_parameters(web: Web) -> None:
    state = ct_data_set(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.11.6", Rows=None, Columns=None, PixelData=None
    )
    for name in (
        "SamplesPerPixel",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
    ):
        delattr(state, name)
    [path] = web.stored(part10(state))
    refused = web.get(f"{path}/renderedMPR?mprslab=5")
    assert refused.status_code == 400
    assert "presentation state" in message(refused)
    assert web.get(f"{path}/renderedMPR").status_code == 406


def test_an_unchanged_volume_is_not_made_again(web: Web, series: str) -> None:
    first = web.get(f"{series}/rendered3D?viewport=32,32")
    etag = first.headers["ETag"]
    assert web.get(f"{series}/rendered3D?viewport=32,32", If_None_Match=etag).status_code == 304
    other = web.get(f"{series}/rendered3D?viewport=33,33", If_None_Match=etag)
    assert other.status_code == 200
    assert other.headers["ETag"] != etag


def test_a_volume_that_changes_gets_another_tag(web: Web) -> None:
    files = series_files(voxels())
    series = stored_series(web, files[:5])
    before = web.get(f"{series}/renderedMPR").headers["ETag"]
    web.stored(files[5])
    assert web.get(f"{series}/renderedMPR").headers["ETag"] != before


def test_annotations_are_burnt_in_and_profiles_embedded(web: Web, series: str) -> None:
    url = f"{series}/renderedMPR?viewport=256,256"
    plain = picture(web.get(url, "image/png"))
    told = picture(web.get(f"{url}&annotation=patient", "image/png"))
    assert told.shape == plain.shape
    assert (told != plain).any()
    profiled = web.get(f"{url}&iccprofile=srgb", "image/png")
    assert Image.open(io.BytesIO(profiled.data)).info["icc_profile"]
    warned = web.get(f"{url}&annotation=patient,mood", "image/png")
    assert "mood" in warned.headers["Warning"]


def test_two_requests_beyond_the_places_are_told_to_come_again(
    web: Web, series: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicomweb.volumes.store.VolumeStore.place", _full)
    response = web.get(f"{series}/renderedMPR")
    assert response.status_code == 503
    assert response.headers["Retry-After"]


def _full(_: object) -> Any:
    from dicomweb.errors import Refusal

    raise Refusal.busy("too many volumes are being rendered at once")


def test_nothing_is_left_in_the_spool(web: Web, series: str) -> None:
    assert web.get(f"{series}/rendered3D").status_code == 200
    spool = web.archive.settings.home / "spool"
    assert [path for path in spool.rglob("*") if path.name.startswith("volume")] == []


@pytest.mark.parametrize("accept", ["image/jpeg", "image/png", "image/gif", "*/*"])
@pytest.mark.parametrize("name", ["mr_siemens_t1_sag_35", "ct_philips_phantom_28"])
def test_real_series_are_shown(web: Web, test_data: Path, name: str, accept: str) -> None:
    files = [path for path in (test_data / "series" / name).rglob("*") if path.is_file()]
    series = stored_series(web, [path.read_bytes() for path in files[:35]])
    made = picture(web.get(f"{series}/renderedMPR?orientation=a", accept))
    assert np.ptp(made) > 200


@pytest.mark.parametrize("name", ["rtdose.dcm", "rtdose_rle.dcm", "rtdose_expb.dcm"])
def test_a_dose_is_a_volume_in_its_own_unit(web: Web, test_data: Path, name: str) -> None:
    file = test_data / "files" / "pydicom" / "test_files" / name
    doses = dcmread(file).pixel_array * float(dcmread(file).DoseGridScaling)
    [path] = web.stored(file.read_bytes())
    middle, width = float(doses.mean()), float(np.ptp(doses))
    asked = f"orientation=f&renderingmethod=maximum_ip&window={middle},{width},linear-exact"
    made = picture(web.get(f"{path}/rendered3D?{asked}", "image/png"))
    expected = np.clip((doses.max(axis=0) - middle) / width + 0.5, 0, 1) * 255
    assert np.abs(made - expected).max() < 1


def test_the_path_of_an_instance_is_that_of_its_series(web: Web) -> None:
    files = series_files(voxels())
    series = stored_series(web, files)
    assert instance_path(files[0]).startswith(series)
    single = web.get(f"{instance_path(files[0])}/renderedMPR")
    assert single.status_code == 400
    assert "no two parallel images" in message(single)
