"""Who a patient is in a collection: the same name in every study, another in every collection."""

from __future__ import annotations

from base64 import b32encode

from imaging.deidentify.secrets import Secret

_LENGTH = 10


def patient_key(patient_id: str, issuer: str, name: str, birth_date: str) -> str:
    """Say by what a patient is known again: the ID and its issuer, or else name and date of birth.

    Of a patient without any of these nothing can be known again, and the empty text is given.
    """
    if patient_id:
        return f"id\0{patient_id}\0{issuer}"
    if name or birth_date:
        return f"name\0{name.casefold()}\0{birth_date}"
    return ""


def pseudonym(secret: Secret, collection: str, patient: str) -> str:
    """Name a patient: capitals and digits, which fit Patient ID (LO) and Patient's Name (PN)."""
    derived = secret.derive("pseudonym", collection, patient)
    return b32encode(derived).decode("ascii")[:_LENGTH]
