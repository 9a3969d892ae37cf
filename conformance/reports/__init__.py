"""Reports of a run: for a terminal, for machines, for people. Each is made of a `Run` alone."""
