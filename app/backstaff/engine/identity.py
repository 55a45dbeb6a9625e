"""Who holds a lock: this very process on this very machine, told so that a later run can see if it is dead.

A lock is only ever taken over when its holder is provably dead. Two machines must therefore never look like
one: cloned machines share an id, containers of one image share it too, so network address, host name and
process namespace are part of what a machine is.
"""

import hashlib
import os
import platform
import subprocess
import uuid
from pathlib import Path

from backstaff.kamal.lock import LockOwner

_PS_WITHIN_S = 5


def this_process(run_id: str) -> LockOwner:
    """The owner that our lock names."""
    pid = os.getpid()
    return LockOwner(
        machine=_machine(), boot=_boot(), pid=pid, process_start=_process_start(pid) or "", run=run_id
    )


def is_dead(owner: LockOwner) -> bool:
    """Whether the owner was a process of this machine that is gone. False whenever that is not certain."""
    if owner.machine != _machine() or not owner.process_start or not _boot():
        return False
    if owner.boot != _boot():
        return True
    return _process_start(owner.pid) != owner.process_start


def _machine() -> str:
    known = [_read("/etc/machine-id"), platform.node(), f"{uuid.getnode():x}", _namespace()]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:32]


def _namespace() -> str:
    """The process namespace: process ids mean nothing in another one. Empty where there are none."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _boot() -> str:
    """An id of the machine's current boot, empty if the system does not tell."""
    return _read("/proc/sys/kernel/random/boot_id") or _output("sysctl", "-n", "kern.boottime")


def _process_start(pid: int) -> str | None:
    """When a process began, in the system's own terms; None if there is no such process."""
    stat = _read(f"/proc/{pid}/stat")
    if stat:
        # The second field is the program's name in parentheses and may contain anything.
        return stat.rpartition(")")[2].split()[19]
    if Path("/proc/self/stat").exists():
        return None
    return _output("ps", "-o", "lstart=", "-p", str(pid)) or None


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _output(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_PS_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
