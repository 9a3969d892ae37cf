"""The door for people: accounts, uploads, cases and their discussion, rights and moderation.

It stands on the archive like the other doors and imports none of them.
"""
