"""Processes known by pid and start time, so that a pid used again is never taken for the one recorded."""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.lab.waiting import wait_until

_STATE, _START_TIME = 0, 19
"""Fields of /proc/PID/stat, counted from behind the program's name."""


@dataclass(frozen=True)
class ProcessRecord:
    """One process; `started` is its start time in clock ticks since the machine booted."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "ProcessRecord | None":
        """The record of a running process, None when there is none (a zombie counts as ended)."""
        try:
            return cls.from_stat(Path(f"/proc/{pid}/stat").read_text())
        except (FileNotFoundError, ProcessLookupError):
            return None

    @classmethod
    def from_stat(cls, stat: str) -> "ProcessRecord | None":
        """Read a line of /proc/PID/stat; the program's name in it may hold spaces and parentheses."""
        before, _, after = stat.rpartition(")")
        fields = after.split()
        if len(fields) <= _START_TIME or fields[_STATE] in "ZX":
            return None
        return cls(pid=int(before.split()[0]), started=int(fields[_START_TIME]))

    @property
    def alive(self) -> bool:
        """Whether this very process is still running."""
        return ProcessRecord.of(self.pid) == self

    def kill(self) -> None:
        """End it with SIGKILL and wait until it is gone; nothing happens when it has ended before."""
        if not self.alive:
            return
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        wait_until(lambda: not self.alive, f"the end of process {self.pid}")


def children(pid: int) -> list[int]:
    """Pids of the direct children of a process."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
