"""Stand-ins of Google, Microsoft, Facebook and Apple, for development and tests.

They speak the providers' protocols with their quirks and let anybody sign in as anybody, so they
listen on loopback only and the product refuses to use them anywhere else. `people` says who can be
played, `tokens` signs, `grants` remembers, `app` answers.
"""
