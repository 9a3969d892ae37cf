"""The site file: what it says is told everywhere, and what it says wrongly stops the start."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from archive.errors import SettingsError
from community.site.model import PLACEHOLDER, Site
from community.site.settings import SITE_FILE, max_file_bytes, read_site, site_from_environment

EXAMPLE = Path(__file__).resolve().parents[4] / "docs" / "site.example.toml"


def test_without_a_file_what_is_missing_is_marked() -> None:
    site = site_from_environment({})
    assert site == Site()
    assert site.operator.name == PLACEHOLDER
    assert not site.is_named


def test_the_example_of_the_documentation_can_be_read() -> None:
    site = site_from_environment({SITE_FILE: str(EXAMPLE)})
    assert site.is_named
    assert site.updated == date(2026, 11, 23)
    assert [one.name for one in site.hosting] == ["Example Cloud", "Cloudflare"]
    assert site.days == {"server_logs": 14, "notifications": 90}


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("x = 1", "'x'"),
        ('[operator]\nnmae = "typo"', "'nmae'"),
        ("[operator]\nname = 1", "'name'"),
        ('[operator]\nname = "a\\nb"', "one line"),
        ('[operator]\nemail = "nobody"', "address"),
        ('[operator]\naddress = "one line"', "list"),
        ('[operator]\nauthority_url = "javascript:1"', "https"),
        ('[[hosting]]\nname = "x"', "purpose"),
        ('[[hosting]]\nname = "x"\npurpose = "y"\nplace = "z"\nurl = "http://x"', "https"),
        ("[retention]\nnothing = 3", "'nothing'"),
        ("[retention]\naccount = 3", "'account'"),
        ("[retention]\nsessions = 0", "days"),
        ("[retention]\nsessions = true", "days"),
        ('updated = "yesterday"', "day"),
        ("[operator", "TOML"),
    ],
)
def test_what_nobody_would_read_stops_the_start(said: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(said)
    with pytest.raises(SettingsError, match=complaint):
        site_from_environment({SITE_FILE: str(file)})


def test_a_file_that_is_not_there_or_endless_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        site_from_environment({SITE_FILE: str(tmp_path / "none")})
    large = tmp_path / "large"
    large.write_bytes(b"#" * (max_file_bytes + 1))
    with pytest.raises(SettingsError, match="bytes"):
        site_from_environment({SITE_FILE: str(large)})


def test_a_site_is_named_once_its_operator_said_all_that_is_needed() -> None:
    said = {"name": "A", "address": ["B"], "email": "a@b.example", "jurisdiction": "C"}
    assert read_site({"operator": said}).is_named
    for name in said:
        less = {key: value for key, value in said.items() if key != name}
        assert not read_site({"operator": less}).is_named
