"""What people hand out: capability links to what is theirs, and API tokens of their own.

With whom a study is shared is the archive's to keep (`archive.sharing`); here is who may share it,
and how whoever comes by a link, or with a token, becomes a principal.
"""
