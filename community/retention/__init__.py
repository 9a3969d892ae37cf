"""How long things are kept: one table, done every night and printed in the privacy policy."""
