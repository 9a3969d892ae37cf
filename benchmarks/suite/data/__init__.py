"""The data of the suite, made of seeds: the same bytes on every machine."""
