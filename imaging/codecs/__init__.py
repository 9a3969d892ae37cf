"""Codecs: samples out of codestreams and into them. They run in child processes only."""
