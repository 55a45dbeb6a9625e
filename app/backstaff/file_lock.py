"""Locks on files, of which the system lets go when the process that holds them ends, in whichever way."""

import fcntl


def try_to_lock(descriptor: int) -> bool:
    """Hold an open file or directory for ourselves until it is closed; whether nobody else has it.

    Where the file system has no locks, nobody else can take it either."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
