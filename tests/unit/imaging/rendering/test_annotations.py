"""Annotations burnt in."""

import numpy as np
import pytest

from imaging.rendering.annotations import annotated, person_name
from imaging.rendering.frame import Rendering
from imaging.rendering.text_drawing import printable, shortened, width_of
from tests.rendered import File, image_of


def drawn(size=400, keywords=("patient",), level=0, **overrides):
    ds = image_of([[level] * size for _ in range(size)], **overrides)
    plain = File(ds).render().pixels
    pixels = File(ds).render(Rendering(annotations=frozenset(keywords))).pixels
    return pixels.astype(int) - plain


def test_patient_stands_above_and_technique_below():
    above = drawn()
    assert np.abs(above[:200]).max() > 200
    assert np.abs(above[200:]).max() == 0
    below = drawn(keywords=("technique",), SliceThickness="2.5", KVP="120")
    assert np.abs(below[:200]).max() == 0
    assert np.abs(below[200:, :200]).max() > 200
    assert np.abs(below[200:, 200:]).max() > 200


def test_without_the_parameter_nothing_is_drawn():
    assert np.abs(drawn(keywords=())).max() == 0


@pytest.mark.parametrize("level", [0, 128, 255])
def test_letters_differ_from_any_background(level):
    assert np.abs(drawn(level=level)).max() >= 120


@pytest.mark.parametrize("size", [8, 16, 40, 64, 1200])
def test_pictures_of_any_size_are_annotated_within_their_edges(size):
    ds = image_of([[0] * size for _ in range(size)], PatientName="N" * 64)
    pixels = File(ds).render(Rendering(annotations=frozenset({"patient", "technique"}))).pixels
    assert pixels.shape == (size, size)
    if size >= 64:
        assert pixels.max() > 200


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 192", "Wang^XiaoDong=王^小东"),
        (["ISO 2022 IR 6", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["ISO 2022 IR 6", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        ("ISO_IR 144", "Люкceмбypг"),
        ("ISO_IR 126", "Διονυσιος"),
        ("ISO_IR 127", "قباني^لنزار"),
        ("ISO_IR 138", "שרון^דבורה"),
        ("ISO_IR 166", "นามสกุล"),
    ],
)
def test_names_in_every_character_set_are_drawn_in_letters_and_not_in_boxes(charset, name):
    named = drawn(SpecificCharacterSet=charset, PatientName=name)
    # Hieroglyphs are in none of the fonts, so that boxes stand for them.
    boxes = annotated(
        np.zeros((400, 400), np.uint8),
        File(image_of([[0]], PatientName="𓀀" * len(person_name(name)))).header.data_set,
        ["patient"],
    )
    first_line = slice(0, 20)
    assert np.abs(named[first_line]).max() > 200
    assert not np.array_equal(named[first_line] > 100, boxes[first_line] > 100)


def test_names_are_spelled_as_people_read_them():
    assert person_name("Yamada^Tarou=山田^太郎=") == "Yamada Tarou (山田 太郎)"
    assert person_name("Doe^Jane^^Dr") == "Doe Jane Dr"
    assert person_name("") == ""


def test_what_does_not_fit_ends_in_an_ellipsis():
    short = shortened("A very long description indeed", 12, 80)
    assert short.endswith("…")
    assert width_of(short, 12) <= 80
    assert shortened("any", 12, 1) == ""


def test_what_steers_a_terminal_or_turns_text_round_is_not_drawn():
    assert printable("a\x1b[2Jb\u202ec") == "a [2Jb c"
