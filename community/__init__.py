"""The door for people: pages, and later accounts, cases, privacy and moderation.

It stands on the archive like the other doors and imports none of them.
"""
