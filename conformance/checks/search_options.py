"""Attributes that a search need not know: those of several values, and private ones.

References
----------
PS3.18 8.3.4.1, 8.3.4.3 (private attributes); PS3.4 C.2.2.2.1 (values of several).
"""

from __future__ import annotations

from conformance.asking import only, studies_found, value
from conformance.data_sets import json_values
from conformance.known import Known
from conformance.registry import check
from conformance.verdicts import NotOffered, Undecided, expect
from conformance.wire.server import Server


@check("qido.several-values", "QIDO-MATCH-MULTI-VALUED", after=["qido.narrow"])
def any_of_several_values_matches(server: Server, known: Known) -> None:
    """A query for the second of several names finds it, when one for the first does"""
    known.instance("searched-backslash")
    _, none = studies_found(server, known, {"OtherPatientNames": "Nobody^Else"})
    if none:
        raise NotOffered("the server does not match by Other Patient Names, which it need not")
    _, first = studies_found(server, known, {"OtherPatientNames": "Gamma^One"})
    if first != ["backslash"]:
        raise Undecided("a query for the first of the names does not find it either")
    answer, second = studies_found(server, known, {"OtherPatientNames": "Gamma^Two"})
    expect(second == ["backslash"], f"{answer.asked} found {second}")


@check("qido.include-private", "QIDO-INCLUDE-PRIVATE", after=["qido.narrow"])
def a_private_field_is_taken(server: Server, known: Known) -> None:
    """includefield of a private attribute is taken, and what comes is what was stored"""
    made = known.instance("values")
    query = [
        ("SOPInstanceUID", made.instance_uid),
        ("00290010", str(made.data_set[0x00290010].value)),
        ("includefield", "00291001"),
    ]
    answer = server.get(f"/studies/{made.study_uid}/instances", query)
    if answer.status == 400:
        raise NotOffered(f"{answer.asked} answered 400")
    found = answer.expect_status(200, 204).data_sets()
    if not found or value(found[0], "00291001") is None:
        raise NotOffered(f"{answer.asked} does not return it")
    wanted = json_values(made.data_set[0x00291001])[0]
    returned = value(only(answer, found), "00291001")
    expect(returned == wanted, f"{answer.asked} returned {returned!r}")
