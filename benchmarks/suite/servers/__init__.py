"""The servers of a run: each module starts one kind, and ends it."""
