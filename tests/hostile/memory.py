"""What a part of a test takes of memory at its peak."""

import ctypes
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_FORGET_THE_PEAK = "5"


@contextmanager
def added_memory() -> Iterator[Callable[[], int]]:
    """Tells how many bytes more than at the beginning this process has held at once since.

    Linux forgets an earlier peak when it is told to; elsewhere that may hide this one."""
    if sys.platform == "linux":
        _give_back_what_is_free()
        Path("/proc/self/clear_refs").write_text(_FORGET_THE_PEAK)
    before = _peak()
    yield lambda: _peak() - before


def _peak() -> int:
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _give_back_what_is_free() -> None:
    """Memory that is kept for later would be used first, and not be seen to be."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
