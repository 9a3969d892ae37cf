"""What can go wrong with accounts.

ArchiveError
└── AccountError         the person can do something about it; the message says what
    ├── SignInError      the way through the provider did not lead to somebody we believe
    ├── ProviderError    the provider did not answer as it should
    └── TooOften         wait a little
"""

from __future__ import annotations

from archive.errors import ArchiveError


class AccountError(ArchiveError):
    """Something about an account cannot be done as asked."""


class SignInError(AccountError):
    """Signing in, or linking a provider, was refused."""


class ProviderError(AccountError):
    """A provider cannot be reached, or answers nonsense."""


class TooOften(AccountError):  # noqa: N818 - the others end in what they are, this is what was done
    """Something was tried too often from one network."""


def sentence(error: ArchiveError) -> str:
    """What a page says of an error: its words as a sentence."""
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}."
