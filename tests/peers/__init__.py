"""Other people's DICOMweb servers: what the conformance runner says of each is kept in a table.

May live here: starting a peer, and its table. The table names every check that does not pass; what
is blocked follows from that and is not kept. docs/conformance-peers.md explains each failure.
"""
