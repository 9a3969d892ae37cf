"""What became of each upload, and the review of frames by a person before they are published.

The pages ask through `ports` only; who answers is put there at the top. Nothing here knows how a
quarantine is kept, and nothing here keeps a picture.
"""
