"""Whatever is posted as a signed request names somebody only if it is signed; nothing breaks it."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.accounts.errors import SignInError
from community.requests.facebook import code_of, subject_of

SECRET = "a secret"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def signed(payload: bytes, secret: str = SECRET) -> str:
    text = urlsafe_b64encode(payload).rstrip(b"=").decode()
    code = hmac.digest(secret.encode(), text.encode(), "sha256")
    return f"{urlsafe_b64encode(code).rstrip(b'=').decode()}.{text}"


def said(**changed: object) -> bytes:
    told = {"algorithm": "HMAC-SHA256", "user_id": "12345", "issued_at": int(NOW.timestamp())}
    return json.dumps(told | changed).encode()


def test_who_is_named_is_named_by_a_signature() -> None:
    assert subject_of(signed(said()), SECRET, NOW) == "12345"
    with pytest.raises(SignInError):
        subject_of(signed(said(), "another"), SECRET, NOW)


@given(st.text(max_size=200))
def test_no_text_is_taken_for_signed(text: str) -> None:
    with pytest.raises(SignInError):
        subject_of(text, SECRET, NOW)


@given(JSON)
def test_what_is_signed_and_means_nothing_is_refused(told: object) -> None:
    with pytest.raises(SignInError):
        subject_of(signed(json.dumps(told).encode()), SECRET, NOW)


@given(JSON, st.sampled_from(["user_id", "issued_at", "algorithm"]))
def test_each_part_has_to_be_what_it_is(value: object, name: str) -> None:
    told = signed(said(**{name: value}))
    try:
        assert subject_of(told, SECRET, NOW).isdigit()
    except SignInError:
        return
    assert name != "algorithm"


def test_the_same_request_has_the_same_code_and_another_secret_another_one() -> None:
    told = signed(said())
    assert code_of(told, SECRET) == code_of(told, SECRET)
    assert code_of(told, SECRET) != code_of(told, "another")
    assert code_of(told, SECRET) not in told
