"""Bit streams of videos without what is no picture, every sample as it was.

Everything is changed where it lies, so no length and no offset changes. What cannot be followed is
`Unfollowed` and must not be given away.
"""
