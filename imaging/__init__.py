"""DICOM as bytes and values: a stream or bytes in, a value out.

What runs with a file and nothing else may live here. What needs a web request, a database or a
queue may not.
"""
