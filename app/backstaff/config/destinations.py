"""Which destinations a deploy.yml has: the files `deploy.NAME.yml` beside it."""

from difflib import SequenceMatcher, get_close_matches
from glob import escape
from pathlib import Path


def destination_file(path: Path, destination: str) -> Path:
    """The file that is merged over `path` for a destination."""
    return path.parent / f"{path.stem}.{destination}.yml"


def destinations_beside(path: Path) -> list[str]:
    """The destinations that there are files for, by name; none where the directory can not be read."""
    try:
        found = [each.name for each in path.parent.glob(f"{escape(path.stem)}.*.yml")]
    except (OSError, ValueError):
        return []
    return sorted(name.removeprefix(f"{path.stem}.").removesuffix(".yml") for name in found)


def no_such_destination(path: Path, destination: str) -> tuple[str, str]:
    """What is wrong with a destination that has no file, and the option that was probably meant."""
    known = destinations_beside(path)
    if not known:
        return f"there is no such file, and no other destination beside {path.name} either", ""
    nearest_first = sorted(
        known, key=lambda name: SequenceMatcher(None, destination, name).ratio(), reverse=True
    )
    meant = get_close_matches(destination, known, n=1, cutoff=0.5)
    message = f"there is no destination {destination}; known: {', '.join(nearest_first)}"
    return message, f"-d {meant[0]}" if meant else ""
