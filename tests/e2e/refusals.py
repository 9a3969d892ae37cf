"""The real files that no archive can keep, and a word that the refusal must contain."""

REFUSED: dict[str, str] = {}
