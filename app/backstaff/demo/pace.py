"""How fast a simulation can go: time on the hosts is sped up, deadlines with it, but this machine is not."""

import math

from backstaff.errors import UsageError

MOST_HOSTS_TIMES_SPEED = 120
"""What two busy cores can carry without a deadline that passes only because they are slow."""
MOST_SPEED = 50.0


def highest_speed(hosts: int) -> float:
    """The highest sensible speed for a number of hosts, in tenths. Real time is open to any number."""
    tenths = math.floor(10 * MOST_HOSTS_TIMES_SPEED / hosts)
    return min(max(tenths / 10, 1.0), MOST_SPEED)


def require_sensible(speed: float, hosts: int) -> None:
    """Raises UsageError for a speed at which healthy hosts would seem to hang."""
    highest = highest_speed(hosts)
    if speed <= highest:
        return
    raise UsageError(
        f"{hosts} simulated hosts can not be {speed:g} times as fast: deadlines would pass that never should",
        fix=f"use --speed {highest:g} or less, or fewer hosts",
    )
