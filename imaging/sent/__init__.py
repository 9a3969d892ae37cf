"""What is sent as metadata and bit streams apart, put together to an instance."""
