"""Off without a key, and on only for who said what has to be said."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.errors import SettingsError
from community.assistant.gemini import ADDRESS
from community.assisting.settings import NO_SUCH_PEOPLE, AssistantSettings

PAID = {"GEMINI_API_KEY": "a-key", "GEMINI_MODEL": "gemini-x", "GEMINI_TIER": "paid"}
read = AssistantSettings.from_environment


def test_without_a_key_there_is_none() -> None:
    assert read({}) is None
    assert read({"GEMINI_TIER": "free", "GEMINI_MODEL": "gemini-x"}) is None


def test_a_key_may_lie_in_a_file_and_is_in_no_text(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a-key\n")
    found = read({**PAID, "GEMINI_API_KEY": "", "GEMINI_API_KEY_FILE": str(file)})
    assert found == read(PAID)
    assert found is not None
    assert (found.key, found.tier, found.address) == ("a-key", "paid", ADDRESS)
    assert "a-key" not in repr(found)


def test_the_free_tier_starts_only_for_who_says_that_nobody_is_there_whom_it_may_not_serve() -> (
    None
):
    free = {**PAID, "GEMINI_TIER": "free"}
    for said in ("", "yes", "1"):
        with pytest.raises(SettingsError, match="European Economic Area"):
            read({**free, "GEMINI_FREE_TIER_ACKNOWLEDGED": said})
    found = read({**free, "GEMINI_FREE_TIER_ACKNOWLEDGED": NO_SUCH_PEOPLE})
    assert found is not None
    assert found.tier == "free"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GEMINI_TIER", ""),
        ("GEMINI_TIER", "trial"),
        ("GEMINI_MODEL", ""),
        ("GEMINI_MODEL", "../x"),
        ("GEMINI_API_KEY", "a\nkey"),
        ("GEMINI_API_KEY_FILE", "/no/such/file"),
        ("DICOMTUBE_ASSISTANT_CALLS_PER_DAY", "-1"),
        ("DICOMTUBE_ASSISTANT_STAND_IN_URL", "http://elsewhere.example"),
        ("DICOMTUBE_ASSISTANT_STAND_IN_URL", "https://127.0.0.1"),
    ],
)
def test_what_cannot_be_stops_the_start_and_is_named(name: str, value: str) -> None:
    environ = {**PAID, name: value}
    with pytest.raises(SettingsError, match=name.removesuffix("_FILE")):
        read(environ)
