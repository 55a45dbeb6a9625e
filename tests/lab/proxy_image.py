"""The proxy image that every host has: the real one from a file, else the stand-in of images/proxy."""

import os
from pathlib import Path

from tests.lab.binaries import busybox_entries, compiled
from tests.lab.image import Entry, Image, Layer

PROXY_TAG = "basecamp/kamal-proxy:v0.9.2"
"""What Kamal 2.11 boots by default."""

_USER = 1000
_HOME = "home/kamal-proxy"


def proxy_archive() -> bytes:
    """What to load into a host: the `docker save` file in BACKSTAFF_LAB_PROXY_IMAGE, or the stand-in."""
    real = os.environ.get("BACKSTAFF_LAB_PROXY_IMAGE")
    return Path(real).read_bytes() if real else stand_in().archive(PROXY_TAG)


def stand_in() -> Image:
    """The stand-in, which runs as the same user with the same directories as the real image."""
    users = f"root:x:0:0:root:/:/bin/sh\nkamal-proxy:x:{_USER}:{_USER}::/{_HOME}:/bin/sh\n"
    directories = {
        **{path: Entry() for path in ("bin", "etc", "home", "usr", "usr/local", "usr/local/bin")},
        "tmp": Entry(mode=0o1777),
        **{path: Entry(owner=_USER) for path in (_HOME, f"{_HOME}/.config", f"{_HOME}/.config/kamal-proxy")},
    }
    files = {
        "etc/passwd": Entry(users.encode(), mode=0o644),
        "usr/local/bin/kamal-proxy": Entry(compiled("proxy")),
    }
    config: dict[str, object] = {
        "User": "kamal-proxy",
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        "Cmd": ["kamal-proxy", "run"],
        "WorkingDir": f"/{_HOME}",
        "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
        "Labels": {"org.opencontainers.image.title": "kamal-proxy"},
    }
    return Image((Layer.of({**directories, **files, **busybox_entries()}),), config)
