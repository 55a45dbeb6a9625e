"""Addresses, and the links between this machine, a lab's hub and its hosts.

The hub's network namespace holds the bridge. Of all this, only one interface is in this machine's own
namespace; it disappears together with the hub, and no firewall rule is needed.
"""

import os
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from tests.lab.commands import must, run
from tests.lab.sandbox import Sandbox
from tests.lab.waiting import wait_until

HUB, FIRST_HOST, FIRST_RELAY, ROOT = 1, 11, 111, 254
"""Last number of the addresses in a lab's subnet."""

BRIDGE = "lab0"


@dataclass(frozen=True)
class Subnet:
    """The 10.77.N.0/24 of lab N."""

    number: int

    @property
    def network(self) -> IPv4Network:
        """The whole of it."""
        return IPv4Network(f"10.77.{self.number}.0/24")

    def address(self, last: int) -> str:
        """The address that ends in `last`."""
        return str(IPv4Address(int(self.network.network_address) + last))


def root_link(number: int) -> str:
    """Name of the interface by which this machine reaches lab `number`."""
    return f"bsl{number}"


def interface_names() -> set[str]:
    """Names of the interfaces in this machine's own network namespace."""
    lines = must(run(["ip", "-o", "link", "show"])).splitlines()
    return {line.split(": ")[1].split("@")[0] for line in lines}


def connect_hub(hub: Sandbox, subnet: Subnet) -> None:
    """Make the bridge in the hub and connect this machine to it."""
    name = root_link(subnet.number)
    _ip(hub, f"link add {BRIDGE} type bridge", f"addr add {subnet.address(HUB)}/24 dev {BRIDGE}")
    _ip(hub, f"link add root type veth peer name {name} netns {os.getpid()}")
    _ip(hub, f"link set root master {BRIDGE} up", f"link set {BRIDGE} up")
    must(run(["ip", "addr", "add", f"{subnet.address(ROOT)}/24", "dev", name]))
    must(run(["ip", "link", "set", name, "up"]))


def connect_host(hub: Sandbox, host: Sandbox, address: str) -> None:
    """Connect a host to the hub's bridge; the hub's end of the link has the host's name."""
    _ip(hub, f"link add {host.name} type veth peer name eth0 netns {host.init_pid}")
    _ip(hub, f"link set {host.name} master {BRIDGE} up")
    _ip(host, f"addr add {address}/24 dev eth0", "link set eth0 up")


def cut_link(hub: Sandbox, host_name: str) -> None:
    """Cut a host off: the bridge passes no packet of it any more."""
    _ip(hub, f"link set {host_name} down")


def restore_link(hub: Sandbox, host_name: str, address: str) -> None:
    """Connect a host again, if it was cut off; returns when the bridge passes its packets."""
    if _forwards(hub, host_name):
        return
    _ip(hub, f"link set {host_name} up")
    wait_until(lambda: _forwards(hub, host_name), f"the link to {host_name}")
    # Who asked for the host's hardware address in vain would say "no route to host" for seconds yet.
    _ip(hub, f"neigh flush to {address}")
    must(run(["ip", "neigh", "flush", "to", address]))


def add_address(hub: Sandbox, address: str) -> None:
    """Give the hub one more address."""
    _ip(hub, f"addr add {address}/24 dev {BRIDGE}")


def _forwards(hub: Sandbox, port: str) -> bool:
    return "state forwarding" in _ip(hub, f"link show dev {port}")


def _ip(sandbox: Sandbox, *commands: str) -> str:
    enter = ["nsenter", f"--target={sandbox.init_pid}", "--net", "--"]
    return must(run([*enter, "ip", "-details", "-batch", "-"], stdin="\n".join(commands) + "\n"))
