"""Loads what talks to hosts, when it is needed, and without the work at its import that no run has use for.

asyncssh looks for two optional C libraries. For each of their names Python has a program list the linker's
cache, and where they are not installed it asks a compiler and a linker too, each time anew. aiohttp reads the
system's TLS certificates, twice; Docker is asked over unix sockets alone. Measured, the least of 15 tries
each, that took 20 and 53 ms of every run.
"""

import ctypes.util
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock

_SSH_ONCE, _DOCKER_ONCE = Lock(), Lock()
"""Two, so that no host waits with its login until others have loaded what talks to Docker."""


def load_ssh() -> None:
    """Load what makes connections. Takes 0.1 to 0.2 s the first time: for a thread."""
    with _SSH_ONCE:
        _import_ssh()


def load_docker() -> None:
    """Load what talks to Docker. Takes about 0.1 s the first time: for a thread."""
    with _DOCKER_ONCE:
        _import_docker()


@cache
def _import_ssh() -> None:
    with _no_compiler_asked():
        import_module("backstaff.hosts.ssh_connections")


@cache
def _import_docker() -> None:
    with _no_certificates_read():
        import_module("backstaff.hosts.docker_api")


@contextmanager
def _no_compiler_asked() -> Iterator[None]:
    """While open, C libraries are found where the dynamic linker's cache has them, and nowhere else; unless
    somebody has told where else to look. The cache is listed only if there is something in it to be found."""
    usual = ctypes.util.find_library
    listed: Callable[[str], str | None] | None = getattr(ctypes.util, "_findSoname_ldconfig", None)
    cached = _linker_cache()
    if listed is not None and not os.environ.get("LD_LIBRARY_PATH"):

        def find(name: str) -> str | None:
            return listed(name) if f"lib{name}.".encode() in cached else None

        ctypes.util.find_library = find
    try:
        yield
    finally:
        ctypes.util.find_library = usual


def _linker_cache() -> bytes:
    """The cache of the dynamic linker as it is, with the names of all libraries; empty where it has none."""
    try:
        return Path("/etc/ld.so.cache").read_bytes()
    except OSError:
        return b""


@contextmanager
def _no_certificates_read() -> Iterator[None]:
    """While open, TLS contexts are made without the system's certificates: they trust nobody. aiohttp keeps
    those that it makes at its import, so in this process it never speaks TLS without a context of its own."""
    usual = ssl.SSLContext.set_default_verify_paths
    ssl.SSLContext.set_default_verify_paths = _leave_out  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        ssl.SSLContext.set_default_verify_paths = usual  # type: ignore[method-assign]


def _leave_out(_: ssl.SSLContext) -> None:
    """Reads nothing."""
