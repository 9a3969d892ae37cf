"""What we hold: the index and the objects, and the verbs on them.

No HTTP, no DIMSE, no queue lives here. A door builds one
`archive.archive.Archive` and calls verbs: `ingest.store_instances`,
`search.search`, `retrieve.find_instances`, `erase.erase`.
"""
