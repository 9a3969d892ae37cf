"""Studies brought by people: the page, what a browser takes out before it sends, and the form."""
