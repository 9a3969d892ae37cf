"""Discussion of cases: comments and their threads, who hears of them, and where in the pixels.

`model` has the values, `reading` says what a reader sees of them, `writing` changes them. Of a
case that hides something from a reader there are no comments for them, at any door.
"""
