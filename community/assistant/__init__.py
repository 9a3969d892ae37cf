"""A text service helps with words: what it may be told, what it may answer, and how it is asked.

This package knows no image, no file, no database and no person: it may import neither the archive
nor `imaging`, `pydicom` or `community.accounts`, and a contract of import-linter holds it to that.
What reads cases and keeps answers is `community.assisting`.
"""
