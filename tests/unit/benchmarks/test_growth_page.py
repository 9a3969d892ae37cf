"""Whether the page of a growing archive says what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.filling import Filled
from benchmarks.growth_page import Size, write
from benchmarks.growth_site import Cost
from benchmarks.marked import replace_part

NAMES = ("STOW, 1 kB, an instance of 20", "frame of 524 kB", "patient ID", "name, infix")


def sizes() -> list[Size]:
    return [
        Size(studies, studies * 20, Filled(1, 2, 3),
             {name: Cost(cost, 2 * cost) for name in NAMES}, {"study": studies * 1000})
        for studies, cost in ((10_000, 2.0), (1_000_000, 3.0))
    ]  # fmt: skip


def test_the_page_holds_every_figure_and_how_it_grew(tmp_path: Path) -> None:
    write(sizes(), tmp_path)
    page = (tmp_path / "scaling-measured.md").read_text()
    for name in NAMES:
        assert f"| {name} | 2.00 (4.0) | 3.00 (6.0) | 1.50 |" in page
    assert "1,000,000 studies, 20 M instances" in page


def test_the_plot_is_an_image_with_a_line_of_each(tmp_path: Path) -> None:
    write(sizes(), tmp_path)
    told = ElementTree.parse(tmp_path / "images" / "growth.svg").getroot()
    texts = {one.text for one in told.iter() if one.tag.endswith("text")}
    assert texts >= set(NAMES)


def test_the_figures_can_be_read_by_programs(tmp_path: Path) -> None:
    write(sizes(), tmp_path)
    told = json.loads((tmp_path / "images" / "growth.json").read_text())
    assert [one["studies"] for one in told] == [10_000, 1_000_000]


def test_a_part_of_a_page_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- x: begin -->\nold\n<!-- x: end -->\nafter\n")
    for _ in range(2):
        replace_part(page, "x", "new")
    said = page.read_text()
    assert said.startswith("before\n") and said.endswith("\nafter\n")
    assert "old" not in said and said.count("new") == 1
