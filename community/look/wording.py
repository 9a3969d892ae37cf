"""`_()` and its kin as templates call them: the words of a message, safe to stand in a page.

Jinja's own take every message for markup of ours. But what is handed to `_()` may be a value, such
as a title that is "Untitled" until somebody wrote one, and then it is text of theirs: it is escaped
like every other, and a percent sign in it is no place for a variable. Our messages have no markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from community.look import languages

_SIGNS = frozenset('<>&"')


def install(environment: Environment) -> None:
    """Give templates `gettext`, `ngettext`, `pgettext` and `npgettext`."""
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, pgettext=pgettext, npgettext=npgettext
    )


@pass_context
def gettext(context: Context, message: str, **variables: Any) -> str:
    """A message in the language of the request at hand."""
    return _filled(context, languages.gettext(message), variables)


@pass_context
def ngettext(context: Context, one: str, several: str, number: int, **variables: Any) -> str:
    """A message about a number of things, which it knows as `num`."""
    found = languages.ngettext(one, several, number)
    return _filled(context, found, {"num": number, **variables})


@pass_context
def pgettext(context: Context, place: str, message: str, **variables: Any) -> str:
    """A message that needs a hint about where it stands."""
    return _filled(context, languages.pgettext(place, message), variables)


@pass_context
def npgettext(
    context: Context, place: str, one: str, several: str, number: int, **variables: Any
) -> str:
    """Both."""
    found = languages.npgettext(place, one, several, number)
    return _filled(context, found, {"num": number, **variables})


def _filled(context: Context, message: str, variables: Mapping[str, Any]) -> str:
    if not context.eval_ctx.autoescape:
        return message % variables if variables else message
    text = escape(message) if _SIGNS.intersection(message) else Markup(message)  # noqa: S704
    return text % variables if variables else text
