"""Evidence in lines that can be shown: progress bars and endless lines must not hide what follows them.

A secret may have a break in it or be of any length, so this comes after all has been masked."""

from backstaff.events.inert import inert

_BEGINNING, _END = 350, 100
LONGEST = _BEGINNING + _END + len(" … ")
"""Characters of a line; an error tells what it is at its beginning, and why often at its end."""


def without_progress(line: str) -> str:
    """`line` inert; where its parts overwrite each other, as those of a progress bar do, what it began with
    and what it came to."""
    parts = [part for part in map(inert, line.split("\r")) if part.strip()]
    if len(parts) < 3:
        return " ".join(parts)
    return f"{parts[0].rstrip()} … {parts[-1].lstrip()}"


def evidence_line(line: str) -> str:
    """The same, and of a very long line only its beginning and its end."""
    line = without_progress(line)
    if len(line) <= LONGEST:
        return line
    return f"{line[:_BEGINNING].rstrip()} … {line[-_END:].lstrip()}"
