"""Plain lines and NDJSON for terminals without a console, pipes and CI."""
