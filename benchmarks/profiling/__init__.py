"""Where the time of a request goes: profiles of a server at work."""
