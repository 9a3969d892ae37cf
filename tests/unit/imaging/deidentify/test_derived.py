"""UIDs, pseudonyms and offsets come from the key alone: alike everywhere, and leading nowhere."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from imaging.deidentify.dates import EARLIEST_DAYS, LATEST_DAYS, days_of, shift
from imaging.deidentify.pseudonyms import patient_key, pseudonym
from imaging.deidentify.secrets import (
    BadKeyFile,
    Secret,
    make_key_file,
    new_secret,
    read_secrets,
)
from imaging.deidentify.uids import is_well_known, map_uid

SECRET = Secret("test", bytes(range(32)))
OTHER = Secret("other", bytes(32))
TEXTS = st.text(max_size=80)


@given(TEXTS)
def test_a_mapped_uid_is_valid_and_the_same_every_time(uid: str) -> None:
    mapped = map_uid(SECRET, "c", uid)
    assert UID(mapped).is_valid
    assert mapped.startswith("2.25.")
    assert mapped == map_uid(SECRET, "c", uid)


@given(TEXTS, TEXTS)
def test_different_uids_stay_different(one: str, other: str) -> None:
    assert (map_uid(SECRET, "c", one) == map_uid(SECRET, "c", other)) == (one == other)


def test_keys_and_collections_map_differently() -> None:
    results = {
        map_uid(SECRET, "a", "1.2.3"),
        map_uid(SECRET, "b", "1.2.3"),
        map_uid(OTHER, "a", "1.2.3"),
    }
    assert len(results) == 3


@pytest.mark.parametrize(
    ("uid", "known"),
    [
        ("1.2.840.10008.1.2.1", True),
        ("1.2.840.10008.5.1.4.1.1.2", True),
        ("1.2.840.10008.15.0.3.16", True),
        ("1.2.840.100081.1", False),
        ("1.2.826.0.1.3680043.8.498.1", False),
        ("1.2.840.10008.../x", False),
    ],
)
def test_uids_of_the_standard_are_no_persons(uid: str, known: bool) -> None:
    assert is_well_known(uid) is known


def test_parts_are_told_apart() -> None:
    assert SECRET.derive("p", "ab", "c") != SECRET.derive("p", "a", "bc")
    assert SECRET.derive("p", "a") != SECRET.derive("q", "a")


def test_a_patient_is_known_by_the_id_and_its_issuer_first() -> None:
    assert patient_key("1", "H", "A", "1970") != patient_key("1", "K", "A", "1970")
    assert patient_key("1", "H", "A", "1970") == patient_key("1", "H", "B", "1980")
    assert patient_key("", "", "Doe^J", "1970") == patient_key("", "", "DOE^J", "1970")
    assert patient_key("", "", "", "") == ""


def test_a_pseudonym_fits_an_id_and_differs_between_collections() -> None:
    name = pseudonym(SECRET, "a", "id\0 1\0")
    assert name.isalnum()
    assert len(name) <= 16
    assert name != pseudonym(SECRET, "b", "id\0 1\0")


@given(st.dates(date(1700, 1, 1)), st.dates(date(1700, 1, 1)), TEXTS)
def test_intervals_between_dates_stay(one: date, other: date, patient: str) -> None:
    days = days_of(SECRET, "c", patient)
    assert EARLIEST_DAYS <= -days <= LATEST_DAYS
    moved = [shift("DA", each.strftime("%Y%m%d"), days) for each in (one, other)]
    assert None not in moved
    read = [date(int(m[:4]), int(m[4:6]), int(m[6:])) for m in moved if m]
    assert read[1] - read[0] == other - one
    assert read[0] - one == timedelta(days=days)


@pytest.mark.parametrize(
    ("vr", "value", "expected"),
    [
        ("DA", "20200301", "20200229"),
        ("DA", "2020.03.01", "20200229"),
        ("DA", "", ""),
        ("DA", "20200230", None),
        ("DA", "202003", None),
        ("DA", "Doe^Jane", None),
        ("DA", "20200301 Doe", None),
        ("DT", "20200301101500.123456+0100", "20200229101500.123456+0100"),
        ("DT", "20200301", "20200229"),
        ("DT", "202003", "202002"),
        ("DT", "2020", "2019"),
        ("DT", "202003Doe", None),
        ("DT", "20200301101500Doe", None),
        ("DA", "0001" + "0101", None),
        ("DA", "9" * 65, None),
    ],
)
def test_a_date_is_moved_as_precise_as_it_was_or_not_at_all(
    vr: str, value: str, expected: str | None
) -> None:
    assert shift(vr, value, -1) == expected


@given(st.text(max_size=70))
def test_whatever_stands_in_a_date_is_moved_or_refused(text: str) -> None:
    moved = shift("DT", text, -400)
    assert moved is None or all(c in "0123456789.+-" for c in moved)


def test_a_key_file_is_for_its_owner_alone_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    made = make_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_secrets(path) == [made]
    with pytest.raises(FileExistsError):
        make_key_file(path)


def test_a_second_key_is_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    first, second = make_key_file(path), new_secret("second")
    with path.open("a") as file:
        file.write(f"# from 2027 on\nsecond {second.key.hex()}\n")
    assert read_secrets(path) == [first, second]


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("first " + "0" * 64, 0o644, "may be read by others"),
        ("first 1234", 0o600, "64 hexadecimal digits"),
        ("", 0o600, "64 hexadecimal digits"),
        ("first " + "0" * 64 + "\nfirst", 0o600, "64 hexadecimal digits"),
    ],
)
def test_a_bad_key_file_is_refused_without_telling_what_is_in_it(
    tmp_path: Path, text: str, mode: int, said: str
) -> None:
    path = tmp_path / "keys"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(BadKeyFile, match=said) as refused:
        read_secrets(path)
    assert "0000" not in str(refused.value)


def test_a_secret_does_not_show_its_key() -> None:
    assert "\\x" not in repr(SECRET)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_what_is_derived_tells_nothing_without_the_key(patient: str, other: str) -> None:
    # Nobody who guesses the patient right can tell so from what another key made of it, and what
    # is derived for one purpose does not tell what is derived for another.
    made = [
        secret.derive(purpose, "c", who).hex()
        for secret in (SECRET, OTHER)
        for purpose in ("pseudonym", "patient", "uid", "days", "upload", "name")
        for who in {patient, other}
    ]
    assert len(set(made)) == len(made)
    assert all(one[:16] not in two for one in made for two in made if one != two)
    assert pseudonym(SECRET, "c", patient) not in patient.upper()
