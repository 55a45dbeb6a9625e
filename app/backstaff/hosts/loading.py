"""Loads what talks to hosts, when it is needed, and without the work at its import that no run has use for.

asyncssh looks for two optional C libraries; where they are not installed Python asks a compiler and a linker
for them, each time anew. aiohttp reads the system's TLS certificates, twice, which takes longer than to load
it; Docker is asked over unix sockets alone. Measured, both together took a tenth of a second of every run.
"""

import ctypes.util
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from threading import Lock

_SSH = "backstaff.hosts.ssh_connections"
_DOCKER = "backstaff.hosts.docker_api"
_ONE_AT_A_TIME = Lock()


def load_ssh() -> None:
    """Load what makes connections. Takes a sixth of a second the first time: for a thread."""
    _load(_SSH, _no_compiler_asked)


def load_docker() -> None:
    """Load what talks to Docker. Takes a sixth of a second the first time: for a thread."""
    _load(_DOCKER, _no_certificates_read)


def _load(module: str, spared: Callable[[], AbstractContextManager[None]]) -> None:
    with _ONE_AT_A_TIME:
        if module not in sys.modules:
            with spared():
                import_module(module)


@contextmanager
def _no_compiler_asked() -> Iterator[None]:
    """While open, C libraries are found where the dynamic linker's cache has them, and nowhere else."""
    usual = ctypes.util.find_library
    in_cache: Callable[[str], str | None] | None = getattr(ctypes.util, "_findSoname_ldconfig", None)
    if in_cache is not None:
        ctypes.util.find_library = in_cache  # type: ignore[assignment]
    try:
        yield
    finally:
        ctypes.util.find_library = usual


@contextmanager
def _no_certificates_read() -> Iterator[None]:
    """While open, TLS contexts are made without the system's certificates: they trust nobody."""
    usual = ssl.SSLContext.set_default_verify_paths
    ssl.SSLContext.set_default_verify_paths = _leave_out  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        ssl.SSLContext.set_default_verify_paths = usual  # type: ignore[method-assign]


def _leave_out(_: ssl.SSLContext) -> None:
    """Reads nothing."""
