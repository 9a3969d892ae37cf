"""What a reader agrees to about cookies: asked once, kept with its proof, taken back as easily.

Nothing that needs consent happens before it is given: no script, no cookie, no request elsewhere.
"""
