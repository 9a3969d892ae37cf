"""HTTP/1.1 as the runner speaks it: every byte under its control, and every exchange kept."""
