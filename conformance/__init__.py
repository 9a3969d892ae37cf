"""A black-box conformance runner for DICOMweb servers (PS3.18), ours or any other.

It knows a server by its address alone, imports nothing of the rest of this project, and can be
installed by itself. ``python -m conformance run --base URL`` is the door.
"""
