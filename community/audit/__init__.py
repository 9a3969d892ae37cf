"""Who did what, when: events in a chain that shows when one was changed or left out.

See docs/decisions/0208-the-audit-trail.md.
"""
