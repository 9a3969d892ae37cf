"""What `make bench` runs: the same work on several servers in turn, held to the promises."""
