"""An error in one line, with the way out."""

from backstaff.errors import BackstaffError
from backstaff.events.inert import inert, inert_lines


def in_a_line(error: BackstaffError) -> str:
    """What went wrong, and what to do about it. Inert."""
    fix = "; ".join(inert_lines(error.fix))
    return f"{inert(str(error))} (fix: {fix})" if fix else inert(str(error))
