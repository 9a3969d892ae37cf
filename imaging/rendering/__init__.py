"""A frame as people see it: from stored values to pictures, and pictures to files."""
