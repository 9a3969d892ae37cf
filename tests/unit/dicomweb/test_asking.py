"""Who asks is found out once for a request, and anew for the next."""

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from archive.access import Principal
from archive.errors import Unauthenticated
from dicomweb.asking import asked_once

SOMEBODY = Principal("token 1")


def request(method="GET", **headers):
    return Request(EnvironBuilder(method=method, headers=headers).get_environ())


def asked(sent, times=2, found=SOMEBODY):
    calls = []

    def find():
        calls.append(1)
        return found

    assert [asked_once(sent, find) for _ in range(times)] == [found] * times
    return len(calls)


def test_who_reads_by_a_token_is_looked_up_once():
    assert asked(request(Authorization="Bearer x")) == 1


def test_nothing_is_kept_for_the_next_request():
    assert [asked(request(Authorization="Bearer x"), times=1) for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    "sent",
    [request(), request(Cookie="a=b"), request("POST", Authorization="Bearer x")],
    ids=["nobody", "a browser", "a write"],
)
def test_who_may_become_somebody_else_meanwhile_is_looked_up_each_time(sent):
    assert asked(sent) == 2


def test_a_bad_token_is_refused_each_time():
    sent = request(Authorization="Bearer x")

    def find():
        raise Unauthenticated("no")

    for _ in range(2):
        with pytest.raises(Unauthenticated):
            asked_once(sent, find)
