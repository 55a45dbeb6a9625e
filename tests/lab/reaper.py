"""Taking labs down: by their own process, or by another when that process has ended without doing it."""

from tests.lab import cgroups
from tests.lab.errors import LabError
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


def reap_dead() -> dict[int, LabError | None]:
    """Take down every lab whose owner has ended; returns, by number, what kept one from going down.

    Call it with all labs locked. A lab that does not go down keeps its number and is tried again next time.
    """
    outcomes: dict[int, LabError | None] = {}
    for lab in [lab for lab in existing() if lab.dead]:
        try:
            take_down(lab)
            outcomes[lab.number] = None
        except LabError as error:
            outcomes[lab.number] = error
    return outcomes
