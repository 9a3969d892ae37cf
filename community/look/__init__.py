"""What every page shares: files under `/static/`, the reader's theme and language, the style guide.

Nothing here knows a study, a person or a rule: pages ask it how to look and in which words.
"""
