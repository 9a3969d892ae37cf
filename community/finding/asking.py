"""What somebody typed to find, and how it is put to each database. Pure: no connection here.

    ring enhancing lesion       every word, in any form
    "ring enhancing"            one after the other
    mening*                     every word that begins so
    -glioma                     without this

Words are taken apart as those of cases are (`words`), in each language that cases are in, as
nobody says which one they ask in. Whatever is typed is a question: nothing in it is a command of a
database, and nothing is an error but its length.

References
----------
https://www.sqlite.org/fts5.html#full_text_query_syntax,
https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from archive.errors import BadSearch
from community.finding.words import Word, stem, words_of

max_question_chars: Final = 200
max_terms: Final = 12
min_beginning_chars: Final = 3
"""Of a word that ends in a star: what begins with fewer letters is nearly everything."""

_PIECE = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')

Form = tuple[str, ...]
"""Stems that follow one another."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that has to be there, or must not be.

    Attributes
    ----------
    forms
        Any of them will do: the same words, cut in different languages.
    folded
        The words themselves.
    is_beginning
        Whether the last word of each form may go on.
    """

    forms: tuple[Form, ...]
    folded: Form = ()
    is_beginning: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for.

    Attributes
    ----------
    wanted, unwanted
        All of these, and none of those.
    """

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted)

    def widened(self) -> Question:
        """The same question with every word taken as the beginning of one."""
        return Question(tuple(map(_beginning, self.wanted)), self.unwanted)


def parse(text: str, languages: Sequence[str] = ("en",)) -> Question:
    """Read what was typed.

    Parameters
    ----------
    languages
        Those that cases are in.

    Raises
    ------
    BadSearch
        It is too long to be a question.
    """
    if len(text) > max_question_chars:
        raise BadSearch(f"a search may have {max_question_chars} characters; this is longer")
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for minus, quoted, plain in _PIECE.findall(text)[:max_terms]:
        words = list(words_of(quoted or plain))
        if not words:
            continue
        term = _term(words, languages)
        if plain.endswith("*") and len(words[-1].folded) >= min_beginning_chars:
            term = _beginning(term)
        (unwanted if minus else wanted).append(term)
    return Question(tuple(wanted), tuple(unwanted))


def to_fts5(question: Question) -> str:
    """The question as SQLite reads it."""
    return _spelled(question, _fts5_term, " AND ", " NOT ")


def to_tsquery(question: Question) -> str:
    """The question as PostgreSQL reads it."""
    return _spelled(question, _tsquery_term, " & ", " & !")


def _term(words: Sequence[Word], languages: Sequence[str]) -> Term:
    """Words that belong together, in every language that cuts them differently."""
    folded = tuple(word.folded for word in words)
    forms = {tuple(stem(word, language) for word in folded): None for language in languages}
    return Term((*forms, *(() if folded in forms else (folded,))), folded)


def _beginning(term: Term) -> Term:
    """The term with its last word as the beginning of one.

    A stem stands for the beginning only if it is nearly the same: that of "mening" is "mene".
    """
    whole = term.folded
    kept = [
        form for form in term.forms if form[:-1] == whole[:-1] and _is_near(form[-1], whole[-1])
    ]
    return Term(tuple({**dict.fromkeys(kept), whole: None}), whole, is_beginning=True)


def _is_near(cut: str, word: str) -> bool:
    """Whether only the end of a word was left out, or its last letter spelled otherwise."""
    is_spelled_so = len(cut) == len(word) and word.startswith(cut[:-1])
    return is_spelled_so or (word.startswith(cut) and len(cut) >= len(word) - 2)


def _spelled(question: Question, spell: Callable[[Term], str], with_it: str, without: str) -> str:
    text = with_it.join(map(spell, question.wanted))
    return text + "".join(without + spell(term) for term in question.unwanted)


# Stems are letters, digits and marks, so that none could end the quotes they are put in. Marks of
# quotation are doubled all the same.


def _fts5_term(term: Term) -> str:
    star = " *" if term.is_beginning else ""
    forms = ('"' + " ".join(form).replace('"', '""') + '"' + star for form in term.forms)
    return "(" + " OR ".join(forms) + ")"


def _tsquery_term(term: Term) -> str:
    star = ":*" if term.is_beginning else ""
    forms = (" <-> ".join(map(_lexeme, form)) + star for form in term.forms)
    return "(" + " | ".join(f"({form})" for form in forms) + ")"


def _lexeme(stemmed: str) -> str:
    return "'" + stemmed.replace("'", "''").replace("\\", "\\\\") + "'"
