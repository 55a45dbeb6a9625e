"""Which programs of this machine have to do with a directory."""

import asyncio
from pathlib import Path

_PROC = Path("/proc")
_SOON_S = 5.0


def mentioning(directory: Path) -> list[str]:
    """The programs that have the directory in their arguments or their environment."""
    found = []
    for process in _PROC.glob("[0-9]*"):
        try:
            arguments, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if str(directory).encode() in arguments + environment:
            found.append(f"{process.name} {arguments.decode(errors='replace')}")
    return found


async def left_of(directory: Path) -> list[str]:
    """The same, once there are none or a while has passed: what is killed takes a moment to go."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _SOON_S
    while (found := mentioning(directory)) and loop.time() < until:  # noqa: ASYNC110 (the kernel tells nobody)
        await asyncio.sleep(0.01)
    return found
