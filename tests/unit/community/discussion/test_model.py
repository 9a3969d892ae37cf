"""Comments stand under what they answer, no deeper than a page can show."""

from __future__ import annotations

from datetime import UTC, datetime

from community.discussion.model import Comment, Node, flattened, grown

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def one(name: str, parent: str | None = None) -> Comment:
    return Comment(name, "case", "a", parent, 0, None, name, False, "", NOW, None, 1, 0)


def shape(nodes: list[Node] | tuple[Node, ...]) -> dict[str, object]:
    return {node.comment.id: shape(node.answers) for node in nodes}


def test_an_answer_stands_under_what_it_answers_in_the_order_of_writing() -> None:
    tree = grown([one("a"), one("b", "a"), one("x"), one("c", "b"), one("d", "a")])
    assert shape(tree) == {"a": {"b": {"c": {}}, "d": {}}, "x": {}}
    assert [comment.id for comment in flattened(tree)] == ["a", "b", "c", "d", "x"]


def test_what_is_too_deep_stands_beside_what_it_answers_and_says_whom() -> None:
    names = "abcdefgh"
    chain = [one(name, names[place - 1] if place else None) for place, name in enumerate(names)]
    tree = grown(chain, levels=3)
    assert shape(tree) == {"a": {"b": {"c": {}, "d": {}, "e": {}, "f": {}, "g": {}, "h": {}}}}
    below = tree[0].answers[0].answers
    assert [node.answers_to.id if node.answers_to else "" for node in below] == ["", *"cdefg"]


def test_a_thread_as_long_as_any_may_be_grows_without_deep_recursion() -> None:
    chain = [one("0"), *(one(str(n), str(n - 1)) for n in range(1, 2000))]
    assert len(flattened(grown(chain))) == 2000
