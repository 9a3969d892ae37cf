"""What people report, what is held meanwhile, and what moderators decide.

See docs/decisions/0207-one-report-closes-all-doors.md and 0209-decisions-and-appeals.md.
"""
