"""What a machine must have to run the lab."""

import os
import shutil
from pathlib import Path

PROGRAMS = (
    "busybox",
    "docker",
    "docker-registry",
    "dockerd",
    "go",
    "ip",
    "iptables",
    "mount",
    "nsenter",
    "openssl",
    "sshd",
    "ssh-keygen",
    "tini",
    "unshare",
)
"""Programs that the lab starts; packages.txt names the Debian packages they come from."""


def missing_requirements() -> list[str]:
    """Reasons why the lab cannot run here, one line each; empty when it can."""
    missing = []
    if os.geteuid() != 0:
        missing.append("the lab needs root (it makes namespaces)")
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    absent = [program for program in PROGRAMS if shutil.which(program, path=path) is None]
    if absent:
        missing.append(f"not installed: {', '.join(absent)} (see {Path(__file__).with_name('packages.txt')})")
    if "overlay" not in Path("/proc/filesystems").read_text():
        missing.append("the kernel has no overlay filesystem")
    return missing
