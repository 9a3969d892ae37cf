"""Finding cases: the home page, facets, full-text search, tags, and the index behind them.

May live here: what the index holds of a case, how it is kept and how it is asked. May not: what a
case is (`community.cases`) and who may see what of it (`community.cases.reading`). The index holds
of a case only what somebody may see who has not answered it.
"""
