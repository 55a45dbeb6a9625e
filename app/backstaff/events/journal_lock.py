"""The lock on a journal that is being written: it tells a run that goes on from one that was cut off.

The system lets go of the lock when the writer's process ends, in whichever way that happens.
"""

import fcntl
import os
from pathlib import Path


def try_to_hold(descriptor: int) -> bool:
    """Hold the lock of a journal until its file is closed. Whether there is nothing more to try: it is held,
    or files here have no locks.

    A reader who looks just now keeps it from being held for that moment: try again."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def is_held(path: Path) -> bool | None:
    """Whether somebody writes a journal just now; None where that can not be told: the file can not be
    opened, or files there have no locks."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return False
