"""The HTTP door: DICOMweb as PS3.18 says it.

Wire formats and rules live in modules without Flask and without I/O (`multipart`, `media_types`,
`negotiation`, `query`, `store_response`, `capabilities`); the views beside them read a request,
call one verb of the archive and answer. No other door may be imported from here.
"""
