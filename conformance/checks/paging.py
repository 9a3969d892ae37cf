"""What a search returns how much of: pages, added attributes, the three kinds of looser matching.

References
----------
PS3.18 8.3.4.2 to 8.3.4.6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from conformance.asking import (
    among_ours,
    expect_set,
    must_be_narrow,
    only,
    search,
    studies_found,
    value,
    warnings_of,
)
from conformance.known import Known
from conformance.registry import check, each
from conformance.verdicts import Failed, NotOffered, Undecided, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server


@check("qido.limit", "QIDO-PAGE-LIMIT", after=["qido.studies"])
def a_limit_bounds(server: Server, known: Known) -> None:
    """A limit of 3 returns three studies"""
    must_be_narrow(known)
    answer, found = studies_found(server, known, {"limit": "3"})
    expect(len(found) == 3, f"{answer.asked} answered {len(found)} studies")


@check("qido.limit-beyond", "QIDO-PAGE-LIMIT-BEYOND", after=["qido.studies"])
def a_limit_beyond_returns_all(server: Server, known: Known) -> None:
    """A limit beyond the number of matches returns all of them"""
    must_be_narrow(known)
    wanted = known.studies()
    answer, found = studies_found(server, known, {"limit": str(len(wanted) + 10)})
    expect_set(answer, wanted, set(found), "studies")


@check("qido.offset", "QIDO-PAGE-OFFSET", after=["qido.studies"])
def an_offset_skips(server: Server, known: Known) -> None:
    """An offset of 5 skips five studies"""
    must_be_narrow(known)
    _, whole = studies_found(server, known, {})
    answer, found = studies_found(server, known, {"offset": "5"})
    expect(len(found) == len(whole) - 5, f"{answer.asked} answered {len(found)} of {len(whole)}")


@check("qido.offset-beyond", "QIDO-PAGE-OFFSET-BEYOND", after=["qido.offset"])
def an_offset_beyond_is_empty(server: Server, known: Known) -> None:
    """An offset beyond the last match answers an empty list"""
    must_be_narrow(known)
    answer, found = search(server, "/studies", among_ours(known, {"offset": "400"}))
    expect(not found, f"{answer.asked} answered {len(found)} studies")


@check("qido.pages", "QIDO-PAGE-PAGES", after=["qido.limit", "qido.offset"])
def pages_hold_everything_once(server: Server, known: Known) -> None:
    """Pages of seven hold every match once"""
    must_be_narrow(known)
    wanted = known.studies()
    seen: list[str] = []
    for offset in range(0, len(wanted) + 7, 7):
        answer, found = studies_found(server, known, {"limit": "7", "offset": str(offset)})
        seen += found
    expect(len(seen) == len(set(seen)), "a study stands on two pages")
    expect_set(answer, wanted, set(seen), "studies over all pages")


@check("qido.stable", "QIDO-PAGE-STABLE", after=["qido.studies"])
def the_order_is_kept(server: Server, known: Known) -> None:
    """The same search answers in the same order"""
    orders = [studies_found(server, known, {})[1] for _ in range(3)]
    expect(orders[0] == orders[1] == orders[2], "three equal searches had different orders")


@check("qido.limit-below", "QIDO-PAGE-LEVELS", after=["qido.instances-of-study"])
def pages_of_instances(server: Server, known: Known) -> None:
    """Limit and offset bound searches for instances"""
    made = known.instance("ct-1-1")
    path = f"/studies/{made.study_uid}/instances"
    pages = [search(server, path, {"limit": "2", "offset": str(n)})[1] for n in (0, 2, 4)]
    counts = [len(page) for page in pages]
    expect(counts == [2, 2, 1], f"pages of two had {counts} instances, and five were stored")
    uids = {value(one, "00080018") for page in pages for one in page}
    expect(len(uids) == 5, "an instance stands on two pages")


@check("qido.own-limit", "QIDO-PAGE-WARNING", after=["qido.studies"])
def its_own_limit_is_told(server: Server, known: Known) -> None:
    """A server that returns fewer than match by a limit of its own warns"""
    must_be_narrow(known)
    wanted = known.studies()
    answer, found = search(server, "/studies", known.narrow)
    if len(found) >= len(wanted):
        raise Undecided(f"it returned all {len(wanted)} matches without being asked for a limit")
    texts = warnings_of(answer)
    expect(texts, f"{answer.asked} returned {len(found)} of {len(wanted)} without a Warning 299")


_BAD: Final = [
    (f"{name}={text}", (f"QIDO-PAGE-BAD-{name.upper()}",), (name, text))
    for name in ("limit", "offset")
    for text in ("-1", "abc", "1.5")
]


@each("qido.bad-page", _BAD, after=["qido.studies"])
def a_bad_bound_is_refused(server: Server, known: Known, name: str, text: str) -> None:
    """{} is refused"""
    server.get("/studies", {name: text}).expect_status(400)


# ---- includefield
_ADDED: Final = [
    ("keyword", "KEYWORD", ["StudyDescription"], ["00081030"]),
    ("tag", "TAG", ["00081030"], ["00081030"]),
    ("list", "LIST", ["StudyDescription,00101040"], ["00081030"]),
    ("repeated", "REPEATED", ["PatientBirthDate", "StudyDescription"], ["00081030", "00100030"]),
    ("all", "ALL", ["all"], ["00081030"]),
]


@each(
    "qido.include",
    [(name, (f"QIDO-INCLUDE-{key}",), (fields, tags)) for name, key, fields, tags in _ADDED],
    after=["qido.narrow"],
)
def a_field_is_included(server: Server, known: Known, fields: list[str], tags: list[str]) -> None:
    """includefield by {} adds the attribute"""
    made = known.instance("searched-plain")
    query = [("StudyInstanceUID", made.study_uid), *(("includefield", one) for one in fields)]
    answer = server.get("/studies", query).expect_status(200)
    match = only(answer, answer.data_sets())
    missing = [tag for tag in tags if value(match, tag) is None]
    expect(not missing, f"{answer.asked} did not add {missing}")


def _included(server: Server, known: Known, field: str) -> tuple[Answer, list[dict[str, Any]]]:
    made = known.instance("searched-plain")
    query = {"StudyInstanceUID": made.study_uid, "includefield": field}
    answer = server.get("/studies", query)
    return answer, answer.data_sets() if answer.is_success else []


@check("qido.include-absent", "QIDO-INCLUDE-ABSENT", after=["qido.narrow"])
def a_field_that_is_not_there(server: Server, known: Known) -> None:
    """includefield of an attribute that is not stored adds no value"""
    answer, found = _included(server, known, "PatientAddress")
    answer.expect_status(200)
    expect(value(only(answer, found), "00101040") is None, f"{answer.asked} made up a value")


@check("qido.include-level", "QIDO-INCLUDE-LEVEL", after=["qido.narrow"])
def a_study_has_no_field_of_instances(server: Server, known: Known) -> None:
    """A search for studies returns no attribute of instances, also when it is asked to"""
    answer, found = _included(server, known, "SOPInstanceUID,InstanceNumber")
    answer.expect_status(200, 400)
    for tag in ("00080018", "00200013"):
        expect(not found or value(found[0], tag) is None, f"{answer.asked} returned ({tag})")


@check("qido.include-bad", "QIDO-INCLUDE-BAD", after=["qido.narrow"])
def a_field_that_is_none(server: Server, known: Known) -> None:
    """includefield of what is no attribute is refused"""
    _included(server, known, "NoSuchAttributeAnywhere")[0].expect_status(400)


# ---- looser matching
_FUZZY_WORDS: Final = (
    "The fuzzymatching parameter is not supported. Only literal matching has been performed."
)
_EMPTY_WORDS: Final = (
    "The emptyvaluematching parameter is not supported. "
    "Empty Value Matching has not been performed."
)
_MULTIPLE_WORDS: Final = (
    "The multiplevaluematching parameter is not supported. "
    "Multiple Value Matching has not been performed."
)


def _looser(
    server: Server,
    known: Known,
    query: dict[str, str],
    words: str,
    is_done: Callable[[list[str]], bool],
) -> None:
    """Either it is done, or it is said in these words that it is not."""
    answer, found = studies_found(server, known, query)
    texts = warnings_of(answer)
    if is_done(found) and not any(words in text for text in texts):
        return
    if not texts:
        raise Failed(
            f"{answer.asked} was done literally without a Warning 299; it found {sorted(found)}"
        )
    expect(any(words in one for one in texts), f"Warning has other words: {texts}")
    raise NotOffered("the server says that it does not do this")


@check("qido.fuzzy", "QIDO-FUZZY-WARNING", after=["qido.escapes"])
def fuzzy_matching_is_done_or_denied(server: Server, known: Known) -> None:
    """fuzzymatching=true is done, or denied in the words of the standard"""
    query = {
        "PatientName": "Anna Alpha",
        # Names of physicians are matched fuzzily, too, and those of other seeds are much alike.
        "ReferringPhysicianName": "",
        "fuzzymatching": "true",
    }
    plain, noon = ({**query, "StudyInstanceUID": name} for name in ("{plain}", "{noon}"))
    _looser(server, known, plain, _FUZZY_WORDS, lambda found: found == ["plain"])
    answer, found = studies_found(server, known, noon)
    expect(not found, f"{answer.asked} found a study of another patient")


@check("qido.fuzzy-false", "QIDO-FUZZY-FALSE", "QIDO-FUZZY-DEFAULT", after=["qido.studies"])
def literal_matching_warns_of_nothing(server: Server, known: Known) -> None:
    """fuzzymatching=false matches literally and warns of nothing"""
    for query in ({"PatientName": "Alpha"}, {"PatientName": "Alpha", "fuzzymatching": "false"}):
        answer, found = studies_found(server, known, query)
        expect(not found, f"{answer.asked} found {sorted(found)}, which literally do not match")
        expect(not warnings_of(answer), f"{answer.asked} warned: {warnings_of(answer)}")


@check("qido.fuzzy-bad", "QIDO-FUZZY-BAD", after=["qido.studies"])
def fuzzy_is_true_or_false(server: Server, known: Known) -> None:
    """fuzzymatching=maybe is refused"""
    server.get("/studies", {"PatientName": "Alpha", "fuzzymatching": "maybe"}).expect_status(400)


@check("qido.empty-values", "QIDO-EMPTY-MATCH", "QIDO-EMPTY-WARNING", after=["qido.escapes"])
def empty_value_matching_is_done_or_denied(server: Server, known: Known) -> None:
    """emptyvaluematching=true finds what is empty, or is denied in the words of the standard"""
    query = {"AccessionNumber": '""', "emptyvaluematching": "true"}
    _looser(server, known, query, _EMPTY_WORDS, lambda found: set(found) == {"empty", "absent"})


@check(
    "qido.multiple-values", "QIDO-MULTIPLE-MATCH", "QIDO-MULTIPLE-WARNING", after=["qido.escapes"]
)
def multiple_value_matching_is_done_or_denied(server: Server, known: Known) -> None:
    """multiplevaluematching=true finds each value, or is denied in the words of the standard"""
    query = {"PatientID": "P-BETA\\P-ETA", "multiplevaluematching": "true"}
    wanted = {"middle-name", "years-ago"}
    _looser(server, known, query, _MULTIPLE_WORDS, lambda found: set(found) == wanted)
