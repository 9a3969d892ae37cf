"""The small commands: each opens the archive, calls one verb and says what came of it.

A module here is one group of commands; `register` adds it to the parser.
"""
