"""A bounded memory."""

from archive.cache import Recent


def test_what_was_used_least_recently_is_forgotten_first():
    recent = Recent(max_entries=2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)
