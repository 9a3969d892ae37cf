"""The queue's door: what is done with a study after it was stored.

A walk down and back: `announcer` tells the queue, `tasks` names what it can ask, `policy` says how
often and how long, `pipeline` calls the archive's verbs, `sweep` finds what was missed.
"""
