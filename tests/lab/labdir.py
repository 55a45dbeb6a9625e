"""The directory of a lab: its number, who owns it, and whether the owner still lives."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.network import interface_names, root_link
from tests.lab.processes import ProcessRecord

ROOT = Path("/tmp/backstaff-labs")
"""Where every lab of this machine has its directory, named by its number; short, for socket paths are."""

_NUMBERS = range(1, 255)
_DETACHED = "detached"


@dataclass(frozen=True)
class LabDirectory:
    """One lab's directory. Its number N is in its subnet 10.77.N.0/24, its interface and its cgroup names."""

    number: int

    @property
    def path(self) -> Path:
        """Where it is."""
        return ROOT / str(self.number)

    @property
    def owner(self) -> ProcessRecord | None:
        """The process that started the lab; None when it was started to outlive its starter."""
        text = (self.path / "owner").read_text().split()
        if text[0] == _DETACHED:
            return None
        return ProcessRecord(pid=int(text[0]), started=int(text[1]))

    @property
    def dead(self) -> bool:
        """Whether nobody will take the lab down: its owner has ended, or the machine was restarted."""
        try:
            if (self.path / "boot").read_text() != _boot_id():
                return True
            owner = self.owner
        except (FileNotFoundError, IndexError, ValueError):
            return True
        return owner is not None and not owner.alive

    def remove(self) -> None:
        """Delete the directory, which frees its number."""
        while self.path.exists():
            # An owner that is just leaving and the next one to come may both be at it.
            with suppress(FileNotFoundError):
                shutil.rmtree(self.path)


@contextmanager
def all_labs_locked() -> Iterator[None]:
    """Keep other processes from taking or freeing a lab's number meanwhile."""
    ROOT.mkdir(mode=0o711, parents=True, exist_ok=True)
    with (ROOT / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def claim(*, detached: bool) -> LabDirectory:
    """Make the directory of a new lab under the lowest free number. Call it with all labs locked."""
    taken = interface_names()
    for number in _NUMBERS:
        directory = LabDirectory(number)
        if directory.path.exists() or root_link(number) in taken:
            continue
        directory.path.mkdir(mode=0o711)
        me = ProcessRecord.of(os.getpid())
        if me is None:
            raise LabError("this process is not in /proc")
        (directory.path / "boot").write_text(_boot_id())
        (directory.path / "owner").write_text(_DETACHED if detached else f"{me.pid} {me.started}")
        return directory
    raise LabError("254 labs are up: no subnet is free")


def existing() -> list[LabDirectory]:
    """Every lab's directory, dead or alive, by number."""
    if not ROOT.exists():
        return []
    numbers = sorted(int(entry.name) for entry in ROOT.iterdir() if entry.name.isdecimal())
    return [LabDirectory(number) for number in numbers]


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
