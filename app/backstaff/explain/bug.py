"""An exception that nobody expected, as an error that an operator can pass on."""

import traceback

from backstaff.errors import BackstaffError

LAST_LINES = 20


def internal_error(bug: Exception, *, attach: str = "these lines") -> BackstaffError:
    """The error for a bug: its traceback is the evidence; `attach` is what a report should come with."""
    lines = "".join(traceback.format_exception(bug)).splitlines()
    return BackstaffError(
        f"internal error: {type(bug).__name__}: {bug}",
        evidence=lines[-LAST_LINES:],
        fix=f"this is a bug in Backstaff: please report it with {attach}",
    )
