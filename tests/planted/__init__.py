"""A corpus of DICOM files with planted identifiers, the same in every run.

Every text that is planted occurs once in the world, so whoever finds one in what de-identification
wrote has found a leak. `corpus` makes the files, `search` finds the texts; nothing here shares code
with what is tested, but the table of which option keeps which attribute.
"""
