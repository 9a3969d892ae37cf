"""What people ask of who runs this server, about their data above all, and by when.

`tickets` has the verbs; every right of `community.rights` opens and closes its ticket there, so
that each has its clock.
"""
