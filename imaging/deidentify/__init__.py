"""De-identification of one instance after PS3.15 annex E: bytes in, bytes and counts out."""
