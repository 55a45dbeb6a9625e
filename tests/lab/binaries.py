"""The programs inside the lab's images: compiled once, then kept in a cache by what they were made from."""

import fcntl
import hashlib
import os
import shutil
from pathlib import Path

from tests.lab.commands import must, run
from tests.lab.image import Entry

_SOURCES = Path(__file__).with_name("images")


def cache_directory() -> Path:
    """Where built programs are kept between labs: BACKSTAFF_LAB_CACHE, or the user's cache."""
    chosen = os.environ.get("BACKSTAFF_LAB_CACHE")
    directory = Path(chosen) if chosen else Path.home() / ".cache" / "backstaff-lab"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def compiled(name: str) -> bytes:
    """The static program made from images/`name`."""
    sources = sorted(entry for entry in (_SOURCES / name).iterdir() if entry.suffix in {".go", ".mod"})
    recipe = hashlib.sha256()
    for source in sources:
        recipe.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    program = cache_directory() / f"{name}-{recipe.hexdigest()[:16]}"
    with (cache_directory() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _compile(_SOURCES / name, program)
    return program.read_bytes()


def _compile(source: Path, program: Path) -> None:
    environment = os.environ | {
        "CGO_ENABLED": "0",
        "GOCACHE": str(cache_directory() / "go-build"),
        "GOFLAGS": "-mod=mod",
        "GOPROXY": "off",
        "GOWORK": "off",
    }
    built = program.with_suffix(".new")
    build = 'cd "$1" && exec go build -trimpath -ldflags="-s -w" -o "$2" .'
    must(run(["sh", "-c", build, "sh", str(source), str(built)], env=environment, timeout_s=300.0))
    built.rename(program)


def busybox_entries() -> dict[str, Entry]:
    """busybox and a link to it for each of its programs, under /bin."""
    busybox = shutil.which("busybox") or "/usr/bin/busybox"
    programs = must(run([busybox, "--list"])).split()
    links = {f"bin/{program}": Entry(link_to="busybox") for program in programs if program != "busybox"}
    return {"bin/busybox": Entry(Path(busybox).read_bytes()), **links}
