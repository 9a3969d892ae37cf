"""Frames rendered as clients ask: the numbers of the standard's formulas, step by step."""

import struct
import time

import numpy as np
import pytest

from imaging.errors import DecodeFailed, Unsupported
from imaging.rendering.frame import Rendering, Viewport, Window, steadied
from imaging.rendering.pictures import encode_picture
from tests.builders import ct_data_set
from tests.rendered import File, image_of, item, shown


def words_of(values, dtype="<i2", **overrides):
    array = np.array(values, dtype)
    settings = {
        "Rows": array.shape[0],
        "Columns": array.shape[1],
        "PixelRepresentation": int(dtype[1] == "i"),
        "BitsAllocated": array.dtype.itemsize * 8,
        "BitsStored": array.dtype.itemsize * 8,
        "HighBit": array.dtype.itemsize * 8 - 1,
        "PixelData": array.tobytes(),
    }
    return ct_data_set(**(settings | overrides))


def linear(x: float, center: float, width: float) -> int:
    """PS3.3 C.11.2.1.2.1, in its own words: to 0 to 255."""
    if x <= center - 0.5 - (width - 1) / 2:
        return 0
    if x > center - 0.5 + (width - 1) / 2:
        return 255
    return int(((x - (center - 0.5)) / (width - 1) + 0.5) * 255 + 0.5)


def linear_exact(x: float, center: float, width: float) -> int:
    if x <= center - width / 2:
        return 0
    if x > center + width / 2:
        return 255
    return int(((x - center) / width + 0.5) * 255 + 0.5)


def sigmoid(x: float, center: float, width: float) -> int:
    exponent = min(700.0, -4 * (x - center) / width)
    return int(255 / (1 + np.exp(exponent)) + 0.5)


@pytest.mark.parametrize(
    ("function", "formula"),
    [("LINEAR", linear), ("LINEAR_EXACT", linear_exact), ("SIGMOID", sigmoid)],
)
@pytest.mark.parametrize(("center", "width"), [(40, 400), (-600, 1500), (0.5, 1), (100, 2)])
def test_a_window_of_the_caller_is_the_standard_s_function_of_rescaled_values(
    function, formula, center, width
):
    stored = [[-1000, -1, 0, 1, 50, 99, 100, 101, 500, 3000]]
    ds = words_of(stored, RescaleSlope=1, RescaleIntercept=-10, WindowCenter=1, WindowWidth=2)
    expected = [[formula(value - 10, center, width) for value in stored[0]]]
    assert shown(ds, window=Window(center, width, function)) == expected


def test_the_window_of_the_data_set_has_its_function():
    ds = words_of([[0, 50, 100]], WindowCenter=50, WindowWidth=100, VOILUTFunction="SIGMOID")
    assert shown(ds) == [[sigmoid(x, 50, 100) for x in (0, 50, 100)]]


def test_functional_groups_rescale_each_frame_for_itself():
    def groups(intercept):
        return item(
            PixelValueTransformationSequence=[item(RescaleIntercept=intercept, RescaleSlope=2)],
            FrameVOILUTSequence=[
                item(WindowCenter=100, WindowWidth=200, VOILUTFunction="LINEAR_EXACT")
            ],
        )

    ds = words_of([[0], [50]], Rows=1, Columns=1, NumberOfFrames=2)
    ds.PerFrameFunctionalGroupsSequence = [groups(0), groups(100)]
    assert [shown(ds, number) for number in (1, 2)] == [[[0]], [[255]]]
    ds.PerFrameFunctionalGroupsSequence = [groups(51), groups(0)]
    assert [shown(ds, number) for number in (1, 2)] == [
        [[linear_exact(51, 100, 200)]],
        [[linear_exact(100, 100, 200)]],
    ]


def test_padding_is_background_whichever_way_grays_go():
    for photometric, expected in (("MONOCHROME2", [0, 0, 0, 255]), ("MONOCHROME1", [0, 0, 255, 0])):
        ds = words_of(
            [[-2000, -1990, 100, 200]],
            PhotometricInterpretation=photometric,
            PixelPaddingRangeLimit=-1990,
        )
        ds.add_new(0x00280120, "SS", -2000)
        assert shown(ds) == [expected]


def test_padding_of_signed_pixels_that_is_spelled_unsigned_is_understood():
    ds = words_of([[-2000, 100, 200]])
    ds.add_new(0x00280120, "US", 65536 - 2000)
    assert shown(ds) == [[0, 0, 255]]


def test_grays_of_8_bits_are_shown_as_they_are_and_numbers_of_segments_are_spread():
    assert shown(image_of([[0, 3, 100]])) == [[0, 3, 100]]
    assert shown(image_of([[0, 3, 5]], Modality="SEG")) == [[0, 153, 255]]
    assert shown(image_of([[5, 5]], Modality="SEG")) == [[255, 255]]


def test_the_frames_of_an_animation_share_a_window():
    ds = words_of([[0, 100], [50, 200]], Rows=1, Columns=2, NumberOfFrames=2)
    assert [shown(ds, number) for number in (1, 2)] == [[[0, 255]], [[0, 255]]]
    file = File(ds)
    steady = steadied(Rendering(), file.header.data_set, file.frame(1), 1)
    assert [file.render(steady, number).pixels.tolist() for number in (1, 2)] == [
        [[0, 255]],
        [[128, 255]],
    ]
    ds.WindowCenter, ds.WindowWidth = 5, 10
    assert steadied(Rendering(), File(ds).header.data_set, file.frame(1), 1) == Rendering()


def test_float_and_double_float_pixels_leave_out_their_padding():
    for keyword, padding, kind in (
        ("FloatPixelData", "FloatPixelPaddingValue", "<f4"),
        ("DoubleFloatPixelData", "DoubleFloatPixelPaddingValue", "<f8"),
    ):
        ds = words_of([[0, 0, 0]], PixelRepresentation=0)
        del ds.PixelData
        setattr(ds, keyword, np.array([[-1e6, 1.0, 3.0]], kind).tobytes())
        setattr(ds, padding, -1e6)
        assert shown(ds) == [[0, 0, 255]]


def colour(values, photometric, samples=3, **overrides):
    array = np.array(values, np.uint8)
    return image_of(
        [[0] * array.shape[1]] * array.shape[0],
        SamplesPerPixel=samples,
        PlanarConfiguration=0,
        PhotometricInterpretation=photometric,
        PixelData=array.tobytes() + bytes(array.size % 2),
        **overrides,
    )


def test_ybr_full_has_the_matrix_of_the_standard():
    # PS3.3 C.7.6.3.1.2: Y = .299 R + .587 G + .114 B and so on, for pure red, green and blue.
    ybr = [[[76, 85, 255], [150, 44, 21], [29, 255, 107]]]
    expected = [[[254, 0, 0], [0, 255, 1], [0, 0, 254]]]
    assert np.abs(np.array(shown(colour(ybr, "YBR_FULL"))) - expected).max() <= 2


def test_cmyk_and_hsv_become_red_green_and_blue():
    assert shown(colour([[[0, 255, 255, 0], [0, 0, 0, 255]]], "CMYK", 4)) == [
        [[255, 0, 0], [0, 0, 0]]
    ]
    assert shown(colour([[[0, 255, 255], [85, 255, 255]]], "HSV")) == [[[255, 0, 0], [0, 255, 0]]]
    with pytest.raises(Unsupported):
        shown(colour([[[1, 2, 3, 4]]], "ARGB", 4))


def palette(first: int, *colours, bits: int = 8):
    made = {}
    for index, name in enumerate(("Red", "Green", "Blue")):
        entries = [one[index] for one in colours]
        code = "H" if bits == 16 else "B"
        data = struct.pack(f"<{len(entries)}{code}", *entries)
        made[f"{name}PaletteColorLookupTableDescriptor"] = [len(colours), first, bits]
        made[f"{name}PaletteColorLookupTableData"] = data + bytes(len(data) % 2)
    return made


@pytest.mark.parametrize(("bits", "scale"), [(8, 1), (16, 256)])
def test_palettes_of_8_and_16_bits_give_their_colours(bits, scale):
    colours = [tuple(value * scale for value in one) for one in ((9, 8, 7), (1, 2, 3))]
    ds = image_of(
        [[4, 5, 6]],
        PhotometricInterpretation="PALETTE COLOR",
        **palette(5, *colours, bits=bits),
    )
    assert shown(ds) == [[[9, 8, 7], [9, 8, 7], [1, 2, 3]]]


def test_a_supplemental_palette_colours_only_what_it_maps():
    ds = image_of(
        [[0, 100, 200, 201]], PixelPresentation="COLOR", **palette(200, (255, 0, 0), (0, 0, 255))
    )
    assert shown(ds) == [[[0, 0, 0], [100, 100, 100], [255, 0, 0], [0, 0, 255]]]
    ds.PixelPresentation = "MONOCHROME"
    assert shown(ds) == [[0, 100, 200, 201]]


def test_a_window_for_an_image_in_colours_is_refused():
    with pytest.raises(Unsupported):
        shown(colour([[[1, 2, 3]]], "RGB"), window=Window(1, 2))


def test_a_palette_image_without_a_palette_is_refused():
    with pytest.raises(DecodeFailed):
        shown(image_of([[1]], PhotometricInterpretation="PALETTE COLOR"))


def test_spacing_makes_pixels_squares_in_a_viewport_only():
    ds = image_of([[0] * 10 for _ in range(10)], PixelSpacing=[2.0, 1.0])
    assert File(ds).render().pixels.shape == (10, 10)
    fitted = File(ds).render(Rendering(viewport=Viewport(100, 100))).pixels
    assert fitted.shape == (100, 50)
    ds = image_of([[0] * 10 for _ in range(10)], PixelAspectRatio=[1, 2])
    assert File(ds).render(Rendering(viewport=Viewport(100, 100))).pixels.shape == (50, 100)


def test_a_ct_becomes_a_jpeg_in_a_moment():
    # 10 ms on a quiet machine (docs/decisions/0110); ten times that fails for a reason.
    values = np.random.default_rng(1).integers(0, 4096, (512, 512)).astype("<u2")
    ds = words_of(values, "<u2", BitsStored=12, HighBit=11, WindowCenter=2048, WindowWidth=4096)
    file = File(ds)
    frame = file.frame()
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        assert frame.data
        encode_picture(file.render(), "image/jpeg", 80)
        best = min(best, time.perf_counter() - start)
    assert best < 0.1
