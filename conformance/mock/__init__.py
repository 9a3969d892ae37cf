"""A small DICOMweb server that does everything right, and on demand one thing wrong.

The runner is judged by it: with no defect every check passes, with one exactly that defect's
checks fail. It keeps everything in memory, has no access control, and is for loopback alone.

    defects.py   what can be wrong with it, and which checks have to notice
    memory.py    the instances, and what lies where
    matching.py  which data sets match a query
    models.py    data sets as DICOM JSON and Native XML
    choosing.py  Accept to representation
    painting.py  frames to pictures
    searching.py, retrieving.py, storing.py, worklist.py   the resources
    proving.py   runs against it, sound and with each defect
    server.py    HTTP
"""
