"""THE table of how long things are kept, why, and what forgets them.

A row is printed in the privacy policy as it stands here, and done by `community.retention.nightly`;
its number of days is the site file's, if that names it under ``[retention]``. Whoever keeps
something about people adds a row; what has no end says until when instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archive.archive import Archive
from community.assisting import history
from community.audit.forgetting import forget as forget_events
from community.look.words import N_
from community.moderation.forgetting import forget as forget_matters
from community.moderation.removing import finish_all
from community.requests import tallying
from community.retention import dormant, forgetting, uploads

Forget = Callable[[Archive, datetime], int]
"""Forgets what is from before a moment; returns how much. May be called at any time, and again."""
Timed = Callable[[Archive, datetime, datetime], int]
"""The same, and is told what time it is."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How long one kind of thing is kept.

    Attributes
    ----------
    name
        Of the setting, in words with underscores.
    what, purpose
        For the reader of the policy: what is kept and from when it counts, and what for.
    days
        Unless the site file says another number; None for what has no number.
    until
        Then says when it ends.
    forget
        None where something else keeps the promise: the operator's machine, or a person's own act.
    act
        In its place, of what may go only some time after a warning.
    """

    name: str
    what: str
    purpose: str
    days: int | None = None
    forget: Forget | None = None
    until: str = ""
    act: Timed | None = None

    @property
    def is_done(self) -> bool:
        """Whether the nightly job does it."""
        return self.forget is not None or self.act is not None


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "server_logs",
        N_("Lines of the server's log. Ours hold no address of yours, no name and no image."),
        N_("To find faults and misuse."),
        30,
    ),
    Rule(
        "backups",
        N_("Backups, which may still hold what was erased; after a restore it is erased again"),
        N_("So that nothing is lost when a machine breaks."),
        30,
    ),
    Rule(
        "sign_in_attempts",
        N_("A sign-in that was begun and not ended, and an account that was not agreed to"),
        N_("So that you can go on where you stopped."),
        1,
        forgetting.sign_in_attempts,
    ),
    Rule(
        "sessions",
        N_("A session that is not used any more: the kind of browser, and when it was used"),
        N_("To keep you signed in, and to show you where you are."),
        14,
        forgetting.sessions,
    ),
    Rule(
        "repeated_requests",
        N_("Answers to programs, kept so that a request can be sent again"),
        N_("So that nothing is done twice when a line breaks."),
        1,
        forgetting.repeated_requests,
    ),
    Rule(
        "offers",
        N_("An offer of a role, after it ended or was taken"),
        N_("To see who was made moderator or operator by it."),
        30,
        forgetting.offers,
    ),
    Rule(
        "passes",
        N_("What let a browser in by a link, after it ended"),
        N_("So that a link need not be opened anew for every picture."),
        1,
        forgetting.passes,
    ),
    Rule(
        "views_of_links",
        N_("How often a link was used in an hour; never by whom"),
        N_("So that who made a link sees whether it goes about."),
        365,
        forgetting.views_of_links,
    ),
    Rule(
        "links",
        N_("A link that was revoked or has ended"),
        N_("So that who made it sees what became of it."),
        365,
        forgetting.links,
    ),
    Rule(
        "rejected_uploads",
        N_("Originals of an upload that was rejected"),
        N_("So that it can be tried again."),
        7,
        uploads.rejected,
    ),
    Rule(
        "undecided_uploads",
        N_("An upload that waits for somebody to look at it; it is then rejected"),
        N_("So that a person can decide what a machine cannot."),
        30,
        uploads.undecided,
    ),
    Rule(
        "notifications",
        N_("Notifications, and the mails about them"),
        N_("To tell you what happened to what you follow."),
        180,
        forgetting.notifications,
    ),
    Rule(
        "answers_without_account",
        N_("Answers to an unknown case from a browser without an account"),
        N_("To show you the case again as you have answered it, and others how readers answered."),
        365,
        forgetting.answers_without_account,
    ),
    Rule(
        "consents",
        N_("What a browser chose about cookies: a random number, the choice, the day"),
        N_("To prove that we asked."),
        548,
        forgetting.consents,
    ),
    Rule(
        "assistant_calls",
        N_("That a text service was told of a case: when, which fields, a hash; never the text"),
        N_("So that you can see what was sent, and to keep within the service's bounds."),
        730,
        history.forget_calls,
    ),
    Rule(
        "assistant_proposals",
        N_("What a text service proposed for a case and its author did not decide about"),
        N_("So that its author can decide."),
        90,
        history.forget_proposals,
    ),
    Rule(
        "requests",
        N_("What you asked us, and what we answered, after it was closed; their number stays"),
        N_("To prove that we did what you asked, and in time."),
        730,
        tallying.forget_closed,
    ),
    Rule(
        "removed",
        N_("What a moderator decided to remove: until then it is hidden, and you can appeal"),
        N_("So that a decision can be taken back."),
        14,
        finish_all,
    ),
    Rule(
        "reports",
        N_("What was reported, and what moderators decided about it, after it was decided"),
        N_("So that a decision can be explained, and what comes again is known again."),
        730,
        forget_matters,
    ),
    Rule(
        "audit_trail",
        N_("That something was done, by whom and when: no texts, no images; longer for a court"),
        N_("To see misuse, and who of our staff looked at what is private."),
        365,
        forget_events,
    ),
    Rule(
        "letters",
        N_("A mail of ours that no mail server took; one that was sent is gone at once"),
        N_("So that it can be sent again."),
        7,
        tallying.forget_letters,
    ),
    Rule(
        "unused_accounts_told",
        N_("That you have an account, when you do not sign in: then we write to you"),
        N_("So that you can keep what would go otherwise."),
        700,
        act=dormant.warn,
    ),
    Rule(
        "drafts",
        N_(
            "A case that was never published and that nobody changed, nor its author signed in, "
            "30 days after we wrote to them at the earliest"
        ),
        N_("So that you can go on writing."),
        730,
        act=dormant.forget_drafts,
    ),
    Rule(
        "unused_accounts",
        N_("An account to which nobody signs in, though we wrote; what it published stays"),
        N_("So that you find everything as it was when you come back."),
        1_095,
        act=dormant.close,
    ),
    Rule(
        "copies",
        N_("A copy of your data that you asked for; one that you fetched goes after a day"),
        N_("So that you can fetch it."),
        until=N_("for 7 days"),
    ),
    Rule(
        "handles",
        N_("That a handle was somebody's who is erased, as a sum from which it cannot be read"),
        N_("So that nobody takes it to pass for them."),
        until=N_("for a year"),
    ),
    Rule(
        "erasures",
        N_("The ids of accounts, cases and studies that were erased, and nothing else of them"),
        N_("So that they stay erased when a backup is put back."),
        until=N_("without an end"),
    ),
    Rule(
        "account",
        N_("Your account: what your provider told us, your profile, your choices"),
        N_("To know you again, and to write to you."),
        until=N_("until you close it, or nobody uses it any more"),
    ),
    Rule(
        "cases",
        N_("Published cases, their studies, and what was said about them"),
        N_("For education: what was taught stays findable and can be cited."),
        until=N_("until you remove them, or ask us to"),
    ),
    Rule(
        "counts",
        N_("Numbers that tell of nobody: counts, and the place where a comment stood"),
        N_("To see how the site is used, and to keep conversations readable."),
        until=N_("without an end"),
    ),
)


def rule_named(name: str) -> Rule:
    """The row of this name."""
    return next(rule for rule in RULES if rule.name == name)
