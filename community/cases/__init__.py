"""Cases: what people tell of studies, from the draft to what everybody reads.

`model` has the values, `reading` says what a reader sees of them, and nothing reaches a page, a
feed, a program or an export but by it.
"""
