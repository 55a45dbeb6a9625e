"""What importing costs, seen in fresh interpreters."""

import subprocess
import sys
from pathlib import Path

import pytest

NETTLE = b"libnettle."
"""A library that asyncssh uses where it is installed: then the linker's cache is listed to find it."""


@pytest.mark.parametrize(
    "module",
    ["backstaff.hosts", "backstaff.hosts.protocol", "backstaff.hosts.connect", "backstaff.hosts.local"],
)
def test_the_network_libraries_come_with_the_first_connection_only(module: str) -> None:
    libraries = {"asyncssh", "aiohttp", "aiodocker"}
    code = f"import sys, {module}; print(sorted({libraries} & sys.modules.keys()))"

    assert fresh(code) == "[]\n"


def fresh(code: str) -> str:
    """What a program prints that knows nothing yet."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_loading_asks_no_compiler_where_libraries_are() -> None:
    code = """
import sys, os.path
started = set()
sys.addaudithook(lambda event, args: started.add(args[0]) if event == "subprocess.Popen" else None)
import ctypes.util
usual = ctypes.util.find_library
from backstaff.hosts.loading import load_ssh
load_ssh()
print(sorted({os.path.basename(each) for each in started}), ctypes.util.find_library is usual)
"""
    listed = "['ldconfig']" if NETTLE in Path("/etc/ld.so.cache").read_bytes() else "[]"
    assert fresh(code) == f"{listed} True\n"


def test_loading_reads_no_certificates() -> None:
    code = """
import ssl
read = []
def read_them(context):
    read.append(context)
ssl.SSLContext.set_default_verify_paths = read_them
ssl.create_default_context()
from backstaff.hosts.loading import load_docker
load_docker()
print(len(read), ssl.SSLContext.set_default_verify_paths is read_them)
"""
    assert fresh(code) == "1 True\n"
