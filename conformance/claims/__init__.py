"""What a server says it does, beside what a run found: features, their sources, the comparison."""
