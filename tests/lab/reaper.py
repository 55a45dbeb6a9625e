"""Taking labs down: by their own process, or by another when that process has ended without doing it."""

from tests.lab import cgroups
from tests.lab.labdir import LabDirectory, existing
from tests.lab.network import interface_names, root_link
from tests.lab.sandbox import sandboxes_in
from tests.lab.waiting import wait_until


def take_down(lab: LabDirectory) -> None:
    """End a lab's processes, and with them mounts and links; remove its control groups and files."""
    for sandbox in sandboxes_in(lab.path):
        sandbox.end()
    wait_until(lambda: root_link(lab.number) not in interface_names(), "the end of the lab's network")
    wait_until(lambda: _cgroups_removed(lab.number), "the end of the lab's control groups")
    lab.remove()


def _cgroups_removed(number: int) -> bool:
    cgroups.remove(number)
    return not cgroups.remaining(number)


def reap_dead() -> list[int]:
    """Take down every lab whose owner has ended; returns their numbers. Call it with all labs locked."""
    dead = [lab for lab in existing() if lab.dead]
    for lab in dead:
        take_down(lab)
    return [lab.number for lab in dead]
