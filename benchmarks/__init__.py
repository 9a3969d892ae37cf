"""What we measure. Never tests: a machine's speed is no property of the code."""
