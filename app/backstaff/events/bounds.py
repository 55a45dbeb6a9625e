"""Bounds on times and numbers in an event: within them there is nothing that can not be reckoned or shown."""

import os
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""No run was or will be before or after, by any clock; each of these times is one in all time zones."""
LONGEST_T = 1e10
"""Seconds that a run may have gone on: from `LATEST` on as well they lead to a time that there is."""
_MOST_SECONDS = 1e15
_MOST = 2**63

Seconds = Annotated[float, Field(ge=-_MOST_SECONDS, le=_MOST_SECONDS)]
"""A duration or a limit, and never NaN or infinite."""
Whole = Annotated[int, Field(ge=-_MOST, lt=_MOST)]
"""A count, a size in bytes, a status."""


def can_be(at: datetime) -> bool:
    """Whether something may have happened then; of a time without a zone nobody knows when it is."""
    return at.tzinfo is not None and EARLIEST <= at < LATEST


def time_of_file(known: os.stat_result) -> datetime:
    """A file's last change; some file systems keep times for which there is no date."""
    seconds = min(max(known.st_mtime, EARLIEST.timestamp()), LATEST.timestamp())
    return datetime.fromtimestamp(seconds, UTC)
