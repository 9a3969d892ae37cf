"""Burned-in text and faces: where they are, who decides, and how they are taken out of pixels.

`regions` and `kinds` know by the header what may hold text, `ocr` and `glyphs` look for it,
`decide` says what is certain and what a person must see, `blackout` fills boxes, and `faces` knows
whose head could be rebuilt. Nothing here changes a data set.
"""
