"""Instances that people read rather than look at: what they say, and how that is written.

Readers (`structured_report`, `structure_set`, `cda`, `pdf_pages`) make a `model.Document`; writers
(`html`, `plain`, `pdf`) make text of one. Nothing here knows the web or where an instance lies.
"""
