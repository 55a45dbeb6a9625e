"""What importing costs, seen in fresh interpreters."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    ["backstaff.hosts", "backstaff.hosts.protocol", "backstaff.hosts.connect", "backstaff.hosts.local"],
)
def test_the_network_libraries_come_with_the_first_connection_only(module: str) -> None:
    libraries = {"asyncssh", "aiohttp", "aiodocker"}
    code = f"import sys, {module}; print(sorted({libraries} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
