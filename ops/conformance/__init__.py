"""The conformance statement (PS3.2) as Markdown, made from the tables that the product runs on.

A fact that a table of ours knows is read from there and never written again here; what lives here
is the order of the sections and the sentences around the tables.
"""
