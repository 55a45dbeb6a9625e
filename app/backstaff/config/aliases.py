"""The aliases of deploy.yml alone, for who does not know yet which command is meant."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backstaff.config.check import check_shape
from backstaff.config.erb import ErbSettings
from backstaff.config.issues import IssueList
from backstaff.config.loader import DEFAULT_COMMAND_TIMEOUT_S, read_files
from backstaff.config.positions import Position
from backstaff.config.yaml_tree import MapNode, place_of, positions

_KEY = "aliases"


@dataclass(frozen=True)
class Alias:
    """A command line without the program, and where it is written."""

    line: str
    place: Position


def load_aliases(
    path: Path,
    destination: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    command_timeout_s: float = DEFAULT_COMMAND_TIMEOUT_S,
) -> Mapping[str, Alias]:
    """Reads the aliases of deploy.yml, and of `deploy.DESTINATION.yml` beside it, by name.

    The rest of the configuration is not checked: an alias may be what names the destination that makes it
    whole. The arguments are those of `load_config`. Raises ConfigError if the files can not be read, or the
    aliases are not sound.
    """
    issues = IssueList()
    settings = ErbSettings(
        dict(os.environ if environ is None else environ), cwd or Path.cwd(), command_timeout_s
    )
    tree = read_files(path, destination, settings, issues)
    entries = {key: entry for key, entry in tree.entries.items() if key == _KEY}
    aliases = MapNode(tree.position, entries)
    places = dict(positions(aliases))
    written = check_shape(aliases, places, issues).file.aliases
    issues.raise_if_any()
    return {name: Alias(line, place_of(places, (_KEY, name))) for name, line in written.items()}
