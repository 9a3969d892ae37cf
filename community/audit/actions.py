"""THE table of what the trail keeps: an action a row, in dotted words. No database, no request.

A row says what happened, and under which names facts may stand beside it. A fact is a number, a
yes or no, or a word of a list of ours; never what somebody wrote.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from community.look.words import N_

ACTIONS: Final = MappingProxyType(
    {
        # Accounts.
        "account.made": N_("An account was made"),
        "account.signed_in": N_("Somebody signed in"),
        "account.linked": N_("A way to sign in was added"),
        "account.unlinked": N_("A way to sign in was taken away"),
        "account.role": N_("A role was given"),
        "account.suspended": N_("An account was suspended"),
        "account.reinstated": N_("A suspended account was opened again"),
        "account.restricted": N_("An account was restricted"),
        "account.released": N_("An account is restricted no more"),
        "account.closing": N_("An account is to be erased"),
        "account.kept": N_("An account that was to be erased is kept"),
        "account.erased": N_("An account was erased"),
        "objection.changed": N_("Somebody changed what they object to"),
        "policy.accepted": N_("Somebody accepted a policy"),
        "consent.given": N_("Somebody consented"),
        "consent.refused": N_("Somebody refused consent"),
        "consent.withdrawn": N_("Somebody withdrew consent"),
        # Requests.
        "request.opened": N_("A request was opened"),
        "request.confirmed": N_("An address was confirmed"),
        "request.checked": N_("An identity was checked"),
        "request.answered": N_("A request was answered"),
        "request.closed": N_("A request was closed"),
        "export.made": N_("A copy of somebody's data was made"),
        "export.downloaded": N_("A copy of somebody's data was downloaded"),
        "import.made": N_("A copy of somebody's data was taken in"),
        "provider.told": N_("A sign-in provider told of an account"),
        "retention.ran": N_("Old data were forgotten"),
        # Cases and studies.
        "case.published": N_("A case was shown to others"),
        "case.confirmed": N_("Somebody confirmed that what they share identifies nobody"),
        "case.held": N_("A case was hidden"),
        "case.released": N_("A case is hidden no more"),
        "study.held": N_("A study was hidden"),
        "study.released": N_("A study is hidden no more"),
        "study.erased": N_("A study was erased"),
        "study.decided": N_("Somebody decided about an image in review"),
        "key.changed": N_("The key of de-identification was changed"),
        # Moderation.
        "report.made": N_("Something was reported"),
        "matter.claimed": N_("A moderator took a matter"),
        "matter.decided": N_("A moderator decided"),
        "matter.appealed": N_("A decision was appealed"),
        "revision.purged": N_("An earlier text was erased"),
        # Staff who look at what is private.
        "staff.saw_study": N_("Staff looked at a private study"),
        "staff.saw_case": N_("Staff looked at what is not shown to others"),
        "staff.saw_address": N_("Staff looked at an e-mail address"),
        "staff.saw_trail": N_("Staff looked at the audit trail"),
        # The text assistant.
        "assistant.called": N_("The text assistant was asked"),
    }
)
