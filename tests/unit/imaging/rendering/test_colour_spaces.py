"""Pictures in colour spaces, with profiles."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from imaging.errors import DecodeFailed
from imaging.rendering.frame import ICC_PROFILES, Rendering
from imaging.rendering.icc_profiles import COLOUR_SPACES, profile_of
from tests.rendered import File, image_of, item


def rgb(red=255, green=0, blue=0, **overrides):
    return image_of(
        [[0, 0]],
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        PhotometricInterpretation="RGB",
        PixelData=bytes((red, green, blue)) * 2,
        **overrides,
    )


def rendered(ds, icc_profile):
    return File(ds).render(Rendering(icc_profile=icc_profile))


@pytest.mark.parametrize("name", sorted(COLOUR_SPACES))
def test_a_profile_is_read_by_others_and_its_white_is_white(name):
    profile = ImageCms.ImageCmsProfile(BytesIO(profile_of(name)))
    assert ImageCms.getProfileDescription(profile).strip() == COLOUR_SPACES[name].name
    assert profile.profile.xcolor_space.strip() == "RGB"
    lab = ImageCms.createProfile("LAB", 5000)
    transform = ImageCms.buildTransform(profile, lab, "RGB", "LAB")
    white = ImageCms.applyTransform(Image.new("RGB", (1, 1), "white"), transform)
    assert white.getpixel((0, 0)) in ((255, 0, 0), (255, 128, 128))


def test_our_srgb_is_lcms_s():
    pixels = np.random.default_rng(3).integers(0, 256, (32, 32, 3), np.uint8)
    theirs = ImageCms.createProfile("sRGB")
    ours = ImageCms.ImageCmsProfile(BytesIO(profile_of("srgb")))
    converted = ImageCms.profileToProfile(Image.fromarray(pixels), theirs, ours, outputMode="RGB")
    assert np.abs(np.asarray(converted).astype(int) - pixels).max() <= 1


@pytest.mark.parametrize(
    ("name", "expected"),
    # What publicly known calculators give for pure red of sRGB.
    [
        ("srgb", (255, 0, 0)),
        ("adobergb", (219, 0, 0)),
        ("rommrgb", (179, 70, 27)),
        ("displayp3", (234, 51, 35)),
    ],
)
def test_colours_are_converted_and_say_what_they_are(name, expected):
    picture = rendered(rgb(), name)
    assert np.abs(picture.pixels[0, 0].astype(int) - expected).max() <= 1
    assert picture.icc_profile == profile_of(name)


def test_without_the_parameter_nothing_is_embedded_and_nothing_changes():
    picture = rendered(rgb(ICCProfile=profile_of("adobergb")), "no")
    assert (picture.icc_profile, picture.pixels[0, 0].tolist()) == (None, [255, 0, 0])


def test_yes_gives_the_profile_of_the_data_set_or_of_its_optical_path():
    own = profile_of("rommrgb")
    assert rendered(rgb(ICCProfile=own), "yes").icc_profile == own
    path = item(OpticalPathIdentifier="1", ICCProfile=own)
    assert rendered(rgb(OpticalPathSequence=[path]), "yes").icc_profile == own
    assert rendered(rgb(ColorSpace="ADOBERGB"), "yes").icc_profile == profile_of("adobergb")
    assert rendered(rgb(), "yes").icc_profile == profile_of("srgb")


def test_each_frame_has_the_profile_of_its_own_optical_path():
    paths = [
        item(OpticalPathIdentifier=name, ICCProfile=profile_of(space))
        for name, space in (("A", "srgb"), ("B", "rommrgb"))
    ]
    ds = rgb(OpticalPathSequence=paths)
    identified = item(OpticalPathIdentificationSequence=[item(OpticalPathIdentifier="B")])
    ds.PerFrameFunctionalGroupsSequence = [identified]
    assert rendered(ds, "yes").icc_profile == profile_of("rommrgb")


def test_colours_of_a_profile_of_the_data_set_are_converted_from_it():
    picture = rendered(rgb(219, 0, 0, ICCProfile=profile_of("adobergb")), "srgb")
    assert np.abs(picture.pixels[0, 0].astype(int) - (255, 0, 0)).max() <= 1


def test_grays_get_three_channels_for_a_profile_of_three():
    picture = rendered(image_of([[0, 128, 255]]), "yes")
    assert picture.pixels.tolist() == [[[0] * 3, [128] * 3, [255] * 3]]
    converted = rendered(image_of([[0, 128, 255]]), "rommrgb").pixels
    assert np.ptp(converted.astype(int), axis=2).max() <= 1


@pytest.mark.parametrize(
    "damaged",
    [b"junk", bytes(200), profile_of("srgb")[:300], b"\0\0\x10\0" + profile_of("srgb")[4:]],
)
def test_a_damaged_profile_is_refused(damaged):
    with pytest.raises(DecodeFailed):
        rendered(rgb(ICCProfile=damaged + bytes(len(damaged) % 2)), "yes")


def test_a_profile_that_lcms_refuses_ends_no_one_but_the_job():
    broken = bytearray(profile_of("adobergb"))
    broken[132:200] = b"\xff" * 68
    with pytest.raises(DecodeFailed):
        rendered(rgb(ICCProfile=bytes(broken)), "srgb")
    assert rendered(rgb(ICCProfile=profile_of("adobergb")), "srgb").pixels.shape == (1, 2, 3)


def test_the_parameter_has_the_standard_s_values_first():
    assert ICC_PROFILES[:5] == ("no", "yes", "srgb", "adobergb", "rommrgb")
