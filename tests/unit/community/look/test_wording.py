"""What templates hand to `_()` is words, also when it is a text of somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from jinja2 import Environment

import community
from community.look import wording

TEMPLATES = Path(community.__file__).parent / "templates"


@pytest.fixture
def app() -> Iterator[Flask]:
    made = Flask(__name__)
    made.jinja_env.add_extension("jinja2.ext.i18n")
    wording.install(made.jinja_env)
    with made.test_request_context():
        made.extensions["dicomtube.languages"] = lambda: ("en",)
        yield made


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("community.look.languages.current", lambda: "en")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ _(title) }}", "&lt;b&gt;&#34;100% sure&#34;"),
        ("{{ _('Reply to %(name)s', name=title) }}", "Reply to &lt;b&gt;&#34;100% sure&#34;"),
        ("{{ ngettext('%(num)s by %(name)s', '%(num)s', 1, name=title) }}", "1 by &lt;b&gt;"),
        ("{{ pgettext('verb', title) }}", "&lt;b&gt;&#34;100% sure&#34;"),
        ("{{ npgettext('x', title, '%(num)s of us', 2) }}", "2 of us"),
        ("{{ _('All that is ours, isn\\'t it') }}", "All that is ours, isn't it"),
        ("{{ _('Half of it: 50%') }}", "Half of it: 50%"),
    ],
)
def test_a_text_is_escaped_whatever_it_is_handed_to(template: str, shown: str) -> None:
    assert shown in render_template_string(template, title='<b>"100% sure"')
    assert "<b>" not in render_template_string(template, title="<b>100% sure")


def test_templates_have_no_markup_in_messages_and_no_quotes_that_an_apostrophe_ends() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert "{% trans" not in text, path
        assert not re.search(r"=\s*'[^'>]*\{\{", text), path
        assert not re.search(r"\b_\('[^'\n]*[<>&][^'\n]*'", text), path


def test_words_in_what_is_no_page_are_left_as_they_are() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"])
    wording.install(environment)
    template = environment.from_string("{{ _(title) }} {{ _('%(n)s', n=title) }}")
    assert template.render(title="a & b") == "a & b a & b"
