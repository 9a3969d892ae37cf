"""What all endpoints below ``/api/v1`` share: who asks, what a request and an error look like.

The endpoints themselves live with what they are about, each in an `api.py` that makes an
`ApiBlueprint`; nothing here knows of cases, comments or uploads.
"""
