"""The operator's commands, `python -m ops …`: argparse in, one verb called, a sentence out.

May import every package. What an operator sees is said here; what happens is done elsewhere,
except for the supervisor behind `make run`, which is at home here.
"""
