"""The language of a page: which there are, which one a reader gets, and messages in it.

English is in the templates themselves. Another language is a folder `translations/<tag>` with a
`messages.po`, compiled in memory when it is first needed. Two languages are made here, so that a
page shows what it forgot to translate, and what it forgot to mirror: ``en-XA`` with accents and a
third more letters, and ``ar-XB``, the same from right to left.

References
----------
BCP 47 (language tags; XA and XB are regions of private use); RFC 9110 section 12.5.4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final, cast

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import current_app, g, has_request_context, request

from community.look.choices import LOCALE_COOKIE

SOURCE: Final = "en"
PSEUDO: Final = ("en-XA", "ar-XB")
OFFERED: Final = "dicomtube-languages"
"""Name of the app's extension that lists what its readers may choose."""
ACCOUNT: Final = "dicomtube-language-of-account"
"""Name of the app's extension that is the `Account` of its readers, where people sign in."""

FOLDER: Final = Path(__file__).with_name("translations")

_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_ACCENTED = str.maketrans("aceinouyACEINOUY", "àçéîñöûýÀÇÉÎÑÖÛÝ")
# What a message must keep as it is: places of values, markup and character references.
_KEPT = re.compile(r"(%\(\w+\)[a-z]|%%|\{\w+\}|<[^>]+>|&\w+;)")


@dataclass(frozen=True, slots=True)
class Account:
    """The language of who is signed in.

    Attributes
    ----------
    tag
        Says which it is; None of who is not signed in.
    keep
        Has it be this one from now on.
    """

    tag: Callable[[], str | None]
    keep: Callable[[str], None]


class _Pseudo(NullTranslations):
    """English made strange, in brackets that show where a message ends."""

    def gettext(self, message: str) -> str:
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return pseudo(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return pseudo(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


def pseudo(message: str) -> str:
    """A message with accents, brackets and room for longer words."""
    parts = _KEPT.split(message)
    accented = [part if _KEPT.fullmatch(part) else part.translate(_ACCENTED) for part in parts]
    return f"[{''.join(accented)}{'·' * (len(message) // 3)}]"


def available(*, with_pseudo: bool = False) -> tuple[str, ...]:
    """Tags of the languages that a reader may choose, English first."""
    return (SOURCE, *_translated(FOLDER), *(PSEUDO if with_pseudo else ()))


@cache
def _translated(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in folder.glob("*/messages.po")))


def messages(tag: str) -> NullTranslations:
    """The messages of a language; those of English when there is none of this tag."""
    return _messages(tag) if tag in available(with_pseudo=True) else NullTranslations()


@cache
def _messages(tag: str) -> NullTranslations:
    if tag in PSEUDO:
        return _Pseudo()
    source = FOLDER / tag / "messages.po"
    if not source.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as stream:
        write_mo(compiled, read_po(stream, locale=tag.replace("-", "_")))
    compiled.seek(0)
    return GNUTranslations(compiled)


def chosen(offered: Sequence[str], preferred: str | None = None) -> str:
    """The language for a reader: the cookie's, the account's, the browser's or English."""
    for tag in (request.cookies.get(LOCALE_COOKIE), preferred):
        if tag is not None and tag in offered:
            return tag
    real = [tag for tag in offered if tag not in PSEUDO]
    return request.accept_languages.best_match(real, SOURCE) or SOURCE


def current() -> str:
    """The language in which the request at hand is answered."""
    if not has_request_context():
        return SOURCE
    if "look_locale" not in g:
        account = account_of_reader()
        preferred = account.tag() if account is not None else None
        g.look_locale = chosen(current_app.extensions[OFFERED](), preferred)
    return str(g.look_locale)


def account_of_reader() -> Account | None:
    """Where the reader's language is kept beyond their browser; None where nobody signs in."""
    return cast("Account | None", current_app.extensions.get(ACCOUNT))


def direction(tag: str) -> str:
    """``ltr`` or ``rtl``."""
    return "rtl" if tag.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def name_of(tag: str) -> str:
    """What a language calls itself."""
    if tag in PSEUDO:
        return f"Pseudo ({direction(tag)})"
    try:
        return str(Locale.parse(tag, sep="-").get_display_name() or tag).capitalize()
    except (UnknownLocaleError, ValueError):
        return tag


def gettext(message: str) -> str:
    """A message in the language of the request at hand."""
    return messages(current()).gettext(message)


def ngettext(one: str, several: str, number: int) -> str:
    """A message about a number of things, as `gettext`."""
    return messages(current()).ngettext(one, several, number)


def pgettext(context: str, message: str) -> str:
    """A message that needs a hint about where it stands, as `gettext`."""
    return messages(current()).pgettext(context, message)


def npgettext(context: str, one: str, several: str, number: int) -> str:
    """Both."""
    return messages(current()).npgettext(context, one, several, number)
