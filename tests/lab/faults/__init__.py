"""What may go wrong, in every phase of a deploy: one table for the tests and for the report."""
