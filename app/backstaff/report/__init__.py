"""A run as one page for a browser: read without a network, sent to anybody."""
