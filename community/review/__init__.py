"""The review of instances by a person before they are published.

`forms` reads what the reviewer sends, `pictures` shows frames, `pages` puts both on pages. What is
asked and what a decision does is `archive.review`'s; nothing here keeps a picture.
"""
