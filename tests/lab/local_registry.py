"""The registry image that a machine without another registry runs: this machine's docker-registry."""

import re
import shutil
from functools import cache
from pathlib import Path

from tests.lab.commands import must, run
from tests.lab.image import Entry, Image, Layer

REGISTRY_TAG = "registry:3"
"""What Kamal 2.11 starts for `registry.server: localhost:5000`."""

REGISTRY_CONTAINER = "kamal-docker-registry"
"""The name that it gives to the container."""

_CONFIG_FILE = "etc/distribution/config.yml"
_CONFIG = b"""\
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}
http: {addr: ":5000"}
"""


@cache
def registry_archive() -> bytes:
    """What to load into the client's Docker: port, configuration file and data are where the real one has
    them."""
    program = shutil.which("docker-registry") or "/usr/bin/docker-registry"
    files = {path.lstrip("/"): Entry(Path(path).read_bytes()) for path in (program, *_libraries(program))}
    files[_CONFIG_FILE] = Entry(_CONFIG, mode=0o644)
    directories = {f"{parent}": Entry() for path in files for parent in reversed(Path(path).parents[:-1])}
    data = {"tmp": Entry(mode=0o1777), "var": Entry(), "var/lib": Entry(), "var/lib/registry": Entry()}
    config: dict[str, object] = {
        "Cmd": [program, "serve", f"/{_CONFIG_FILE}"],
        "ExposedPorts": {"5000/tcp": {}},
    }
    return Image((Layer.of({**directories, **data, **files}),), config).archive(REGISTRY_TAG)


def _libraries(program: str) -> list[str]:
    """The files that a program is linked with, its loader among them; none for a static one."""
    listed = run(["ldd", program])
    return re.findall(r"(?:=> |^\s+)(/\S+)", must(listed), re.MULTILINE) if listed.returncode == 0 else []
