"""How checks ask for things and compare what came: searches, sets of studies, one data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from conformance.known import Known
from conformance.verdicts import Failed, Undecided, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

STUDY_UID: Final = "0020000D"
SERIES_UID: Final = "0020000E"
INSTANCE_UID: Final = "00080018"
ENOUGH: Final = "500"
"""A limit beyond all of the corpus, for servers that page by themselves."""


def among_ours(known: Known, query: Mapping[str, str]) -> dict[str, str]:
    """A query for studies that keeps to the corpus, on a server that holds others'."""
    return {**known.narrow, "limit": ENOUGH, **filled(known, query)}


def must_be_narrow(known: Known) -> None:
    """Go on when searches can be kept to the corpus.

    Raises
    ------
    Undecided
        They cannot, so that numbers of matches say nothing.
    """
    if not known.narrow:
        raise Undecided("no search keeps to the runner's own studies on this server")


def filled(known: Known, query: Mapping[str, str]) -> dict[str, str]:
    """A query whose ``{name}`` are UIDs of the corpus' studies of these names."""
    uids = {made.study: made.study_uid for made in known.corpus.instances}
    return {key: _fill(value, uids) for key, value in query.items()}


def _fill(value: str, uids: Mapping[str, str]) -> str:
    for name, uid in uids.items():
        value = value.replace(f"{{{name}}}", uid)
    return value


def search(
    server: Server, path: str, query: Mapping[str, str]
) -> tuple[Answer, list[dict[str, Any]]]:
    """Search, and read what matched; 404 is taken for nothing, so that `qido.none` alone says it.

    Raises
    ------
    Failed
        The answer is no success, or no data sets.
    """
    answer = server.get(path, query)
    if answer.status == 404:
        return answer, []
    return answer, answer.expect_status(200, 204).data_sets()


def studies_found(
    server: Server, known: Known, query: Mapping[str, str], path: str = "/studies"
) -> tuple[Answer, list[str]]:
    """The names of the corpus' studies that a search finds, in the order of the answer.

    Raises
    ------
    Failed
        An answer names no study, one study twice, or one that is none of ours.
    """
    answer, found = search(server, path, among_ours(known, query))
    names = {made.study_uid: made.study for made in known.corpus.instances}
    uids = [value(one, STUDY_UID) for one in found]
    expect(len(uids) == len(set(uids)), f"{answer.asked} names a study twice")
    strangers = [uid for uid in uids if uid not in names]
    expect(
        not strangers or not known.narrow,
        f"{answer.asked} found {len(strangers)} studies that the query excludes, such as "
        f"{strangers[:1]}",
    )
    return answer, [names[str(uid)] for uid in uids if uid in names]


def expect_studies(
    server: Server, known: Known, query: Mapping[str, str], names: Iterable[str]
) -> Answer:
    """Search for studies; exactly those of these names must come.

    Raises
    ------
    Failed
        One too many or too few.
    Undecided
        None of them is on the server, so that finding none says nothing.
    """
    wanted = set(names) & known.studies()
    if names and not wanted:
        raise Undecided("the server took none of the studies that this search finds")
    answer, found = studies_found(server, known, query)
    expect_set(answer, wanted, set(found), "studies")
    return answer


def expect_set(answer: Answer, wanted: set[str], found: set[str], what: str) -> None:
    """The two sets are one.

    Raises
    ------
    Failed
        They are not; the sentence says what is missing and what is too many.
    """
    if wanted == found:
        return
    parts = [
        f"{word} {', '.join(sorted(map(str, some))[:8])}{' …' if len(some) > 8 else ''}"
        for word, some in (("missing:", wanted - found), ("too many:", found - wanted))
        if some
    ]
    raise Failed(
        f"{answer.asked} answered {len(found)} {what}, expected {len(wanted)}; {'; '.join(parts)}"
    )


def value(data_set: Mapping[str, Any], tag: str) -> Any:
    """The first value of an element of DICOM JSON; None when it has none."""
    element = data_set.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values[0] if isinstance(values, list) and values else None


def only(answer: Answer, data_sets: list[dict[str, Any]]) -> dict[str, Any]:
    """The one data set of an answer.

    Raises
    ------
    Failed
        There are more, or none.
    """
    expect(len(data_sets) == 1, f"{answer.asked} answered {len(data_sets)} data sets, expected 1")
    return data_sets[0]


def warnings_of(answer: Answer) -> list[str]:
    """The texts of the Warning header's values of code 299 (PS3.18 8.3.4, RFC 7234 5.5)."""
    return [text for text in answer.all_of("Warning") if text.lstrip().startswith("299 ")]
