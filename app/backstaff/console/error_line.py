"""An error in one line, with the way out."""

from backstaff.errors import BackstaffError
from backstaff.events.inert import inert


def in_a_line(error: BackstaffError) -> str:
    """What went wrong, and what to do about it. Inert."""
    return inert(f"{error} (fix: {error.fix})" if error.fix else str(error))
