"""What an engine says when it refuses something, as a sentence for people."""

import re

LONGEST = 2_000
_TAG = re.compile(r"<[^<>]*>")
_SPACES = re.compile(r"\s+")


def in_words(message: str, status: int) -> str:
    """Docker's own words as they are; of a page, as something in front of Docker sends it, what it says."""
    if not message.lstrip().startswith("<"):
        return message[:LONGEST]
    said = _SPACES.sub(" ", _TAG.sub(" ", message[:LONGEST])).strip()
    return f"Docker's socket answered with HTTP {status} and a page instead of Docker's words: {said[:200]}"
