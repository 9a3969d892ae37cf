"""People: by what they sign in, their sessions and what they show of themselves.

Nobody has a password here. Somebody is who one of four providers says, for as long as a session
that we keep and can end. What others need of it is `signed_in.person_of` and
`principals.principal_of`.
"""
