"""`backstaff` on a machine whose clock is wrong: `python skewed.py SECONDS deploy …`.

A clock can not be moved for one lab host alone: the kernel gives namespaces clocks of their own only for the
time since its start, and Docker, written in Go, asks the kernel past every library. So it is the client that
is ahead or behind, of all hosts alike; every time of day that a run writes or compares comes from its clock.
"""

import sys
from datetime import UTC, datetime, timedelta

from backstaff.cli.main import main
from backstaff.clock import LoopClock


def skew(by: timedelta) -> None:
    """Let the machine's time of day be wrong from now on."""

    def wall(_: LoopClock) -> datetime:
        return datetime.now(UTC) + by

    setattr(LoopClock, LoopClock.wall.__name__, wall)


if __name__ == "__main__":
    seconds, *arguments = sys.argv[1:]
    skew(timedelta(seconds=float(seconds)))
    sys.argv = ["backstaff", *arguments]
    main()
