"""Questions and confirmations: one modal screen each, answered by keys or mouse, with a typed result."""
