"""A `docker` command for scripts: it records its arguments, and does what little the tests need.

`docker ps` prints the file `status`, `docker create` and `docker cp` fail if there is a file `refuse`.
"""

from pathlib import Path

_PROGRAM = """#!/bin/sh
printf '%s\\n' "$*" >> "$HOME_DIR/docker.log"
case "$1 $2" in
"create "*)
    [ ! -e "$HOME_DIR/refuse" ] || { echo "Error: no such image" >&2; exit 125; }
    echo CONTAINER_ID ;;
"ps "*) cat "$HOME_DIR/status" 2>/dev/null ;;
"container cp") [ ! -e "$HOME_DIR/refuse" ] || exit 1; cp -R "$HOME_DIR/image/." "$5" ;;
esac
"""


def install(home: Path, container_id: str) -> str:
    """Puts the program into `home`; returns a PATH that finds it."""
    directory = home / "bin"
    directory.mkdir()
    program = directory / "docker"
    program.write_text(_PROGRAM.replace("CONTAINER_ID", container_id).replace("$HOME_DIR", str(home)))
    program.chmod(0o755)
    return f"{directory}:/usr/bin:/bin"


def calls(home: Path) -> list[str]:
    """The arguments of all calls so far, in order."""
    log = home / "docker.log"
    return log.read_text().splitlines() if log.exists() else []
