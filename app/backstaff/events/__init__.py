"""The typed event stream, the Board folded from it, and the journal that keeps it."""
