"""Mail that leaves this server: how it is set up, one that is handed to the server that takes it,
and letters that wait for that. What mails say is written where it happens.
"""
