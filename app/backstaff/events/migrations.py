"""Older format versions of the wire: each step takes a record from one version to the next.

To make version 2: raise `FORMAT_VERSION`, append to `STEPS` the function that makes a record of version 1 one
of version 2, and keep journals of version 2 beside those of version 1 in `tests/data/journals`. A record is
the flat object of a line, stamp and body together; its `v` is not a step's business.
"""

from collections.abc import Callable, Sequence

Record = dict[str, object]
Step = Callable[[Record], Record]

STEPS: tuple[Step, ...] = ()
"""The step at place n takes a record of version n + 1 to version n + 2."""


def upgraded(record: Record, steps: Sequence[Step] = STEPS) -> Record:
    """A record of any version from 1 on as one of the newest.

    Its `v` must be an int between 1 and the newest. What a step raises for a record that was never right is
    the caller's to tell, and is one of KeyError, TypeError and ValueError."""
    version = record["v"]
    if not isinstance(version, int):
        raise TypeError("the version is no number")
    for step in steps[version - 1 :]:
        record = step(record)
    return {**record, "v": len(steps) + 1} if version <= len(steps) else record
