"""What an engine says when it refuses something, as a sentence for people."""

import re

LONGEST = 2_000
_PAGE_WORDS = 200
_NOT_FOUND = 404
_TAG = re.compile(r"<[^<>]*>")
_SPACES = re.compile(r"\s+")
_NO_SUCH_REQUEST = "page not found"
"""What Docker, and any server in Go, says of an address that it does not have: nothing of what was named."""


def in_words(message: str, status: int) -> str:
    """Docker's own words as they are; of what is none, what it says all the same."""
    if is_dockers(message):
        return message[:LONGEST]
    if _is_page(message):
        said = _SPACES.sub(" ", _TAG.sub(" ", message[:LONGEST])).strip()[:_PAGE_WORDS]
        return f"Docker's socket answered with HTTP {status} and a page instead of Docker's words: {said}"
    if message.strip():
        return (
            f"what answers on Docker's socket does not know this request (HTTP {status}: {message.strip()})"
        )
    return f"Docker answered with HTTP {status} and gave no reason"


def is_dockers(message: str) -> bool:
    """Whether a refusal comes from an engine that has understood what was asked for."""
    return bool(message.strip()) and not _is_page(message) and not _is_about_the_address(message)


def is_missing(message: str, status: int) -> bool:
    """Whether an engine says that it does not have what was named."""
    return status == _NOT_FOUND and is_dockers(message)


def _is_page(message: str) -> bool:
    return message.lstrip().startswith("<")


def _is_about_the_address(message: str) -> bool:
    return message.strip().removeprefix(f"{_NOT_FOUND} ") == _NO_SUCH_REQUEST
