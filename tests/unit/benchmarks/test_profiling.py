"""Stacks, their shares, and the flame graph of them."""

from __future__ import annotations

from xml.etree import ElementTree

from benchmarks.profiling import flame
from benchmarks.profiling.stacks import read_stacks, shares

LINES = ["serve (a.py:1);read (b.py:2) 30", "serve (a.py:1) 10", "serve (a.py:1);read (b.py:2) 60"]
SVG = "{http://www.w3.org/2000/svg}"


def test_the_same_stack_is_counted_once():
    assert read_stacks(LINES) == {
        ("serve (a.py:1)", "read (b.py:2)"): 90,
        ("serve (a.py:1)",): 10,
    }


def test_a_functions_own_share_is_without_what_it_calls():
    read, serve = shares(read_stacks(LINES), 9)
    assert (read.function, read.own, read.whole) == ("read (b.py:2)", 90, 90)
    assert (serve.function, serve.own, serve.whole) == ("serve (a.py:1)", 10, 100)


def test_a_function_that_calls_itself_is_in_a_sample_once():
    (only,) = shares(read_stacks(["f;f;f 4"]), 9)
    assert only.whole == 100


def test_boxes_of_the_flame_graph_are_as_wide_as_their_shares():
    root = ElementTree.fromstring(flame.svg("<all> & more", read_stacks(LINES)))
    widths = {
        group.findtext(f"{SVG}title"): float(group.find(f"{SVG}rect").get("width"))  # type: ignore[union-attr, arg-type]
        for group in root.iter(f"{SVG}g")
    }
    assert list(widths.values()) == [1200, 1200, 1080]
    assert "read (b.py:2): 90.0 %" in widths
