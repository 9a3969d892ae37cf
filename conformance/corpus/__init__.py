"""The runner's own instances: made from a seed, known to the last byte.

uids.py      a UID of a seed and a name
making.py    what every instance has, and how one becomes a file
pixels.py    small images and their frames in every transfer syntax
studies.py   the studies that searches are judged by
kinds.py     the instances that retrieval is judged by
corpus.py    all of them together, found by name
"""
