"""A page for every check, made of the checks themselves."""

from __future__ import annotations

import re
from pathlib import Path

from conformance.cli import HELD, main
from conformance.pages import families_of, file_name, write_pages
from conformance.registry import load_checks

CHECKS = load_checks().all()


def test_every_check_has_a_page_that_names_it_and_its_requirements(tmp_path: Path) -> None:
    count = write_pages(tmp_path, CHECKS)
    for name, family in families_of(CHECKS).items():
        text = (tmp_path / f"{file_name(name)}.md").read_text("utf-8")
        assert text.startswith(f"# {name}\n")
        for one in family:
            assert one.id in text
            assert all(requirement in text for requirement in one.requirements)
    assert len(list(tmp_path.glob("*.md"))) == count + 1


def test_every_check_is_in_one_family() -> None:
    families = families_of(CHECKS)
    assert sum(len(family) for family in families.values()) == len(CHECKS)
    assert len({file_name(name).lower() for name in families}) == len(families)


def test_no_link_leads_nowhere(tmp_path: Path) -> None:
    write_pages(tmp_path, CHECKS)
    for path in tmp_path.glob("*.md"):
        for target in re.findall(r"\]\(([^)]+\.md)\)", path.read_text("utf-8")):
            assert (tmp_path / target).is_file(), f"{path.name} leads to {target}"


def test_every_page_is_led_to(tmp_path: Path) -> None:
    write_pages(tmp_path, CHECKS)
    contents = (tmp_path / "README.md").read_text("utf-8")
    led = set(re.findall(r"\]\(([^)]+\.md)\)", contents))
    assert led == {path.name for path in tmp_path.glob("*.md")} - {"README.md"}


def test_a_privacy_hazard_is_told(tmp_path: Path) -> None:
    write_pages(tmp_path, CHECKS)
    assert "patients' privacy" in (tmp_path / "uri.anonymize.md").read_text("utf-8")


def test_pages_are_written_by_the_command_line(tmp_path: Path) -> None:
    assert main(["pages", str(tmp_path / "pages")]) == HELD
    assert (tmp_path / "pages" / "README.md").is_file()
