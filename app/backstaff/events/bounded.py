"""A bound on every text in an event: whatever a host says, an event stays one line that a reader can hold."""

LONGEST_TEXT = 64 * 1024
"""Characters that are kept of a text: journals, screens and cards hold many events at once."""


def bounded(text: str) -> str:
    """`text`, or the beginning of a very long one and how much of it is left out."""
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]} […{len(text) - LONGEST_TEXT:,} more characters left out]"
