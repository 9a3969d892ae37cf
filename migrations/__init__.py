"""The one history of the index, run by `archive.archive.migrate`."""
