"""What the texts say of this very site: who runs it, what is switched on, how long things are kept.

All of it comes from settings and tables that the code itself goes by, so that no text can say
otherwise than what is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from community.accounts.providers import Provider, configured
from community.accounts.settings import APPLE, AccountSettings
from community.consent.settings import Analytics
from community.look.words import N_
from community.retention.nightly import days_of
from community.retention.table import RULES, Rule
from community.site.model import Processor, Site
from community.site.settings import site_from_environment

PAID: Final = "paid"
FREE: Final = "free"

_TELLS: Final = "your name, your e-mail address and your profile picture"
_APPLE_TELLS: Final = (
    "your name and your e-mail address, or one that forwards to you if you choose to hide yours; "
    "no picture"
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A provider as the texts speak of it."""

    title: str
    privacy_url: str
    tells: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it.

    Attributes
    ----------
    assistant
        The tier of the text assistant, `PAID` or `FREE`; empty where there is none.
    """

    site: Site
    providers: tuple[SignIn, ...] = ()
    analytics: Analytics | None = None
    assistant: str = ""

    def kept(self) -> list[tuple[Rule, int | None]]:
        """The rows of the table of retention, each with its number of days here."""
        return [(rule, days_of(rule, self.site.days)) for rule in RULES]

    def processors(self) -> list[tuple[str, Sequence[Processor]]]:
        """Everybody who gets data: a heading, and who stands under it."""
        groups = (
            (N_("Where the site runs"), self.site.hosting),
            (N_("Signing in"), tuple(map(_of_sign_in, self.providers))),
            (N_("Statistics"), (_ANALYTICS,) if self.analytics else ()),
            (N_("Text assistant"), (_assistant(self.assistant),) if self.assistant else ()),
        )
        return [(title, rows) for title, rows in groups if rows]


def facts_of(accounts: AccountSettings, analytics: Analytics | None, assistant: str) -> Facts:
    """The facts of this server, as its settings and its site file say."""
    providers = tuple(map(sign_in_of, configured(accounts)))
    return Facts(site_from_environment(), providers, analytics, assistant)


def sign_in_of(provider: Provider) -> SignIn:
    """What the texts say of a provider."""
    tells = _APPLE_TELLS if provider.name == APPLE else _TELLS
    return SignIn(provider.title, provider.privacy_url, tells)


_CLAUSES: Final = N_("EU-US Data Privacy Framework, standard contractual clauses")
_WORLD: Final = N_("United States and elsewhere")


def _of_sign_in(provider: SignIn) -> Processor:
    return Processor(
        provider.title,
        N_("tells us who you are, when you choose to sign in with it"),
        _WORLD,
        N_("that you sign in here; it answers for what it does with that itself"),
        N_("you have a contract with it yourself"),
        provider.privacy_url,
    )


_ANALYTICS: Final = Processor(
    "Google Analytics",
    N_("counts visits of those who allowed it"),
    _WORLD,
    N_("public pages that were read, kind of browser, rough region, a random number"),
    _CLAUSES,
    "https://policies.google.com/privacy",
)


def _assistant(tier: str) -> Processor:
    data = N_("texts of cases whose authors asked for it; no images, nothing about people")
    if tier == FREE:
        data = N_(
            "texts of cases whose authors asked for it; no images, nothing about people. "
            "Google may use them to improve its models (free tier)"
        )
    return Processor(
        "Google Gemini",
        N_("suggests tags and plain words for a case"),
        _WORLD,
        data,
        _CLAUSES,
        "https://ai.google.dev/gemini-api/terms",
    )
