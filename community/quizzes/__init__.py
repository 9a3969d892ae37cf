"""Cases as unknowns: questions, answers that are committed, the reveal, and playlists of cases.

What a reader may see of a case is not decided here but in `community.cases`; here is known whether
they have answered.
"""
