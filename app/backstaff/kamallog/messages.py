"""What Kamal says of a boot, and of the barrier between roles."""

import re

WAITING = re.compile(
    r"Waiting for the first healthy (?P<gate>\S*) container before booting (?P<role>\S+)"
    r" on (?P<host>\S+?)(?:\.\.\.)?"
)
PASSED = re.compile(
    r"First (?P<gate>\S*) container is healthy, booting (?P<role>\S+) on (?P<host>\S+?)(?:\.\.\.)?"
)
TURNED_AWAY = re.compile(
    r"First (?P<gate>\S*) container is unhealthy, not booting (?P<role>\S+) on (?P<host>\S+)"
)
OPENED = re.compile(r"First (?P<gate>\S*) container is healthy on (?P<host>\S+?), booting any other roles")
SHUT = re.compile(
    r"First (?P<gate>\S*) container is unhealthy on (?P<host>\S+?), not booting any other roles"
)
FAILED_TO_BOOT = re.compile(r"Failed to boot (?P<role>\S+) on (?P<host>\S+)")
START = re.compile(r"Start container with version (?P<version>\S+) .*")
HEALTHY = "Container is healthy!"
"""What the poller of a role without a proxy says, without a host."""

READINESS = re.compile(
    r"Container is running, waiting for readiness delay of (?P<s>\d{1,6}(?:\.\d+)?) seconds"
)
GAVE_UP_AFTER = re.compile(
    r"within configured timeout \((?P<proxy>\d{1,6}(?:\.\d+)?)s\)|not ready after (?P<poll>\d{1,6}) seconds"
)
