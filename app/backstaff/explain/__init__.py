"""Evidence in, reason and advice out; pure."""
