"""The OHIF viewer as files: fetched once, made to fit under `/viewer/`, served same origin.

Nothing here knows the archive: the viewer speaks DICOMweb to it like any other client.
"""
