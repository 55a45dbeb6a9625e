"""The lock on a journal that is being written: it tells a run that goes on from one that was cut off.

The writer holds it (`file_lock.try_to_lock`) for as long as its process lives. A reader who looks just then
keeps it from being held for that moment, so the writer tries again.
"""

import fcntl
import os
from pathlib import Path


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
