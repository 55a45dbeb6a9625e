"""From configuration and selection to a proved plan; pure."""
