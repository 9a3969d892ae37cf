"""What the site promises and asks for: texts by version, and who agreed to which.

A version that was published is never changed: its digest stands beside it in `versions.toml`.
"""
