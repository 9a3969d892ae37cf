"""The DIMSE sections: roles, SOP Classes, association and its limits.

References
----------
PS3.2 annex A (application entities); PS3.7; PS3.8.
"""

from __future__ import annotations

from dimse.callers import NOT_NOW, UNKNOWN_CALLED, UNKNOWN_CALLING, Rejection
from dimse.scp import VERIFICATION
from dimse.settings import DimseSettings
from imaging.write import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from ops.conformance.markdown import code, size, table

_REJECTIONS: tuple[tuple[Rejection, str], ...] = (
    (UNKNOWN_CALLED, "no collection has the called AE title"),
    (UNKNOWN_CALLING, "access is by accounts and the caller is not listed"),
    (NOT_NOW, "the caller could not be checked; try again"),
)


def roles() -> str:
    """Which services are performed."""
    rows = (
        ("Verification", VERIFICATION, "C-ECHO", "no", "yes"),
        ("Every storage SOP Class, private and unknown ones too", "", "C-STORE", "no", "yes"),
    )
    return table(("SOP Class", "UID", "Service", "SCU", "SCP"), rows)


def association() -> str:
    """What an association may be like."""
    door = DimseSettings()
    rows = (
        ("Associations at once, per process", str(door.max_associations)),
        ("Longest PDU that is received", size(door.max_pdu_bytes)),
        ("Silence of the peer that is waited for", f"{door.network_timeout_s:g} s"),
        ("Time to negotiate", f"{door.acse_timeout_s:g} s"),
        ("Asynchronous operations", "not negotiated: one at a time"),
        ("Implementation Class UID", code(IMPLEMENTATION_CLASS_UID)),
        ("Implementation Version Name", code(IMPLEMENTATION_VERSION_NAME)),
    )
    return table(("What", "Value"), rows)


def rejections() -> str:
    """When an association is rejected."""
    rows = [
        (str(one.result), str(one.source), str(one.diagnostic), why) for one, why in _REJECTIONS
    ]
    return table(("Result", "Source", "Reason", "When"), rows)
