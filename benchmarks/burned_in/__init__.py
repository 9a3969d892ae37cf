"""How much burned-in text is found, what else is taken for text, and what it costs."""
