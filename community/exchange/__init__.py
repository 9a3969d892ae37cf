"""Cases on their way to other places, and from them: citations, embeds, feeds, files.

Everything that leaves is made of a `CaseView`, so that it holds what its reader may know and
nothing else. What is the same for everybody (feeds, oEmbed, embeds, sitemaps) is made of what
nobody in particular may know.
"""
