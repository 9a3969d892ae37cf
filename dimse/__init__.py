"""The DIMSE door: C-ECHO and C-STORE over the DICOM upper layer, on pynetdicom.

A walk down and back: `scp` listens, `association` serves one peer, `receiving` streams data sets
into the archive's spool, `callers` says who may, `handlers` calls the one archive verb, `status`
words the answer.
"""
