"""Control groups of containers: the kernel keeps these when everything else of a sandbox is gone."""

from contextlib import suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


def lab_cgroup(number: int) -> str:
    """The control group under which all containers of a lab are, in each hierarchy."""
    return f"/backstaff-lab-{number}"


def remaining(number: int) -> list[Path]:
    """Directories of a lab's control group, one for each hierarchy it is in."""
    name = lab_cgroup(number).lstrip("/")
    return [path for path in [_ROOT / name, *(entry / name for entry in _ROOT.iterdir())] if path.is_dir()]


def remove(number: int) -> None:
    """Remove a lab's control groups, innermost first; nothing runs in them any more."""
    for top in remaining(number):
        for directory in sorted(top.rglob("*/"), reverse=True):
            with suppress(OSError):
                directory.rmdir()
        with suppress(OSError):
            top.rmdir()
