"""From deploy.yml on disk to a validated configuration, or to everything that is wrong with it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from backstaff.config.check import check_shape
from backstaff.config.destinations import destination_file, no_such_destination
from backstaff.config.erb import ErbSettings, render
from backstaff.config.issues import IssueList
from backstaff.config.models.config import Config
from backstaff.config.positions import Position
from backstaff.config.resolve import Origin, resolve
from backstaff.config.rules import Setting, broken_rules
from backstaff.config.schema.names import is_part_of_name
from backstaff.config.source_text import SourceText
from backstaff.config.unknown import PLACEHOLDER
from backstaff.config.yaml_reader import read_yaml
from backstaff.config.yaml_tree import MapNode, merge, place_of, positions

DEFAULT_COMMAND_TIMEOUT_S = 60.0
Absent = Callable[[Path], tuple[str, str]]
"""Says of a file that is not there what is wrong, and what was probably meant; the latter may be empty."""


def load_config(
    path: Path,
    destination: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    command_timeout_s: float = DEFAULT_COMMAND_TIMEOUT_S,
) -> Config:
    """Reads deploy.yml, and `deploy.DESTINATION.yml` beside it, into a Config.

    `environ` (by default the process's) and `cwd` are what templates and their commands see; each command
    has `command_timeout_s`. Blocks while reading and running them. Raises ConfigError with every issue.
    """
    directory = cwd or Path.cwd()
    environ = dict(os.environ if environ is None else environ)
    issues = IssueList()
    tree = read_files(path, destination, ErbSettings(environ, directory, command_timeout_s), issues)
    return _validated(tree, destination, config_files(path, destination), directory, issues)


def read_files(path: Path, destination: str | None, settings: ErbSettings, issues: IssueList) -> MapNode:
    """The files of a configuration, laid over each other. Raises ConfigError if one of them holds nothing
    that can be used; what else is wrong with them is in `issues`."""
    files = config_files(path, destination)
    if destination is not None:
        settings = replace(settings, environ={**settings.environ, "KAMAL_DESTINATION": destination})
        _refuse_unless_name(destination, path, issues)

    def absent(file: Path) -> tuple[str, str]:
        """What is wrong with a file that is not there, and what was probably meant."""
        if destination is not None and file != path:
            return no_such_destination(path, destination)
        return "there is no such file", _similar_file(file)

    trees = [tree for file in files if (tree := _read_tree(file, settings, issues, absent)) is not None]
    if len(trees) < len(files):
        issues.raise_if_any()
    return _merged(trees)


def _refuse_unless_name(destination: str, path: Path, issues: IssueList) -> None:
    if not is_part_of_name(destination):
        message = f"the destination {destination} should be letters, digits, dots, hyphens and underscores"
        issues.add_at(Position(path, 0, 0), (), message)
        issues.raise_if_any()


def config_files(path: Path, destination: str | None) -> tuple[Path, ...]:
    """The files that make up the configuration of a destination, base first."""
    if destination is None:
        return (path,)
    return path, destination_file(path, destination)


def _merged(trees: Sequence[MapNode]) -> MapNode:
    tree = trees[0]
    for over in trees[1:]:
        merged = merge(tree, over)
        if isinstance(merged, MapNode):
            tree = merged
    return tree


def _validated(
    tree: MapNode, destination: str | None, files: Sequence[Path], cwd: Path, issues: IssueList
) -> Config:
    places = dict(positions(tree))
    checked = check_shape(tree, places, issues)
    for finding in broken_rules(Setting(checked.file, destination, cwd)):
        if checked.touches(finding.path):
            continue
        place = place_of(places, finding.path)
        if finding.harmless:
            issues.warn_at(place, finding.message, finding.path)
        else:
            issues.add_at(place, finding.path, finding.message, finding.suggestion)
    issues.raise_if_any()
    return resolve(checked.file, Origin(destination, files, places, issues.warnings))


def _read_tree(file: Path, settings: ErbSettings, issues: IssueList, absent: Absent) -> MapNode | None:
    text = _read_text(file, issues, absent)
    if text is None:
        return None
    rendered = render(SourceText(file, text), settings, issues)
    if rendered is None:
        return None
    known = len(issues.issues)
    root = read_yaml(rendered, issues)
    if isinstance(root, MapNode):
        return root
    if PLACEHOLDER in rendered.text:
        # The template that failed may have been the very line that makes it YAML.
        issues.forget_after(known)
    elif len(issues.issues) == known:
        place = Position(file, 0, 0) if root is None else root.position
        issues.add_at(
            place, (), "is empty" if root is None else "should be a mapping of keys such as service:"
        )
    return None


def _read_text(file: Path, issues: IssueList, absent: Absent) -> str | None:
    whole = Position(file, 0, 0)
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        issues.add_at(whole, (), *absent(file))
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        issues.add_at(whole, (), f"can not be read: {reason}")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        place = SourceText(file, before).position(len(before))
        issues.add_at(place, (), "is not UTF-8 text")
        return None


def _similar_file(file: Path) -> str:
    try:
        present = [each.name for each in file.parent.glob("*.yml")]
    except (OSError, ValueError):
        return ""
    close = get_close_matches(file.name, sorted(present), n=1, cutoff=0.6)
    return str(file.with_name(close[0])) if close else ""
