"""Checks a tree against the shape of deploy.yml and reports every key that does not fit."""

from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from backstaff.config.issues import IssueList
from backstaff.config.models.values import Section
from backstaff.config.positions import KeyPath, SourceMap
from backstaff.config.schema import DeployFile
from backstaff.config.unknown import unknown_paths
from backstaff.config.yaml_tree import MapNode, key_position, place_of, plain

_EXTENSION = "x-"
_OWN_SECTION = "x-backstaff"
_KEY_ERROR = "[key]"


@dataclass(frozen=True)
class Checked:
    """The file's values, and the paths of those that did not fit and were left out."""

    file: DeployFile
    broken: tuple[KeyPath, ...]

    def touches(self, path: KeyPath) -> bool:
        """Whether something above, at or below `path` was left out, so that conclusions would be hasty."""
        return any(each[: len(path)] == path or path[: len(each)] == each for each in self.broken)


@dataclass(frozen=True)
class _Misfit:
    path: KeyPath
    message: str
    at_key: bool = False
    unknown: bool = False
    missing: bool = False


def check_shape(tree: MapNode, places: SourceMap, issues: IssueList) -> Checked:
    """Reports every misfit, then reads the rest, so that the rules that span keys can be checked as well.

    Unknown values fit everywhere; what hangs on them counts as left out.
    """
    data = {key: plain(entry.node) for key, entry in tree.entries.items() if not _is_extension(key)}
    unknown = tuple(unknown_paths(tree))
    found: list[_Misfit] = []
    while True:
        try:
            broken = tuple(misfit.path for misfit in found)
            return Checked(DeployFile.model_validate(data), broken + unknown)
        except ValidationError as error:
            misfits = [_misfit(details, data) for details in error.errors(include_url=False)]
        if not found:
            found = misfits
            for misfit in misfits:
                if misfit.path not in unknown:
                    _report(misfit, tree, places, issues)
        pruned = [_prune(data, misfit) for misfit in misfits]
        if not any(pruned):
            raise AssertionError(f"misfits that can not be left out: {misfits}")


def _is_extension(key: str) -> bool:
    return key.startswith(_EXTENSION) and key != _OWN_SECTION


def _misfit(details: ErrorDetails, data: object) -> _Misfit:
    path, at_key = _path_in(data, details["loc"])
    match details["type"]:
        case "extra_forbidden":
            return _Misfit(path, "unknown key", at_key=True, unknown=True)
        case "missing":
            return _Misfit((*path, details["loc"][-1]), "is required", at_key=True, missing=True)
        case _:
            return _Misfit(path, details["msg"], at_key=at_key)


def _path_in(data: object, location: tuple[str | int, ...]) -> tuple[KeyPath, bool]:
    """The keys of pydantic's location without the marks of union members, and whether it means a key."""
    path: list[str | int] = []
    for part in location:
        match data:
            case dict() if part in data:
                data = data[part]
            case list() if isinstance(part, int) and part < len(data):
                data = data[part]
            case _:
                continue
        path.append(part)
    return tuple(path), location[-1] == _KEY_ERROR and path[-1:] != [_KEY_ERROR]


def _report(misfit: _Misfit, tree: MapNode, places: SourceMap, issues: IssueList) -> None:
    place = key_position(tree, misfit.path) if misfit.at_key else place_of(places, misfit.path)
    suggestion = (
        nearest(str(misfit.path[-1]), known_keys(DeployFile, misfit.path[:-1])) if misfit.unknown else ""
    )
    issues.add_at(place, misfit.path, misfit.message, suggestion)


def nearest(word: str, known: set[str]) -> str:
    """The known word that looks most like `word`, or an empty text."""
    return next(iter(get_close_matches(word, sorted(known), n=1, cutoff=0.6)), "")


def known_keys(shape: object, path: KeyPath) -> set[str]:
    """Keys that the schema knows in the mapping at `path`."""
    if isinstance(shape, type) and issubclass(shape, Section):
        return _keys_of_section(shape, path)
    origin, arguments = get_origin(shape), get_args(shape)
    if origin is Annotated:
        return known_keys(arguments[0], path)
    if origin in (Union, UnionType):
        return set().union(*(known_keys(member, path) for member in arguments))
    if path and origin in (dict, tuple):
        return known_keys(arguments[1 if origin is dict else 0], path[1:])
    return set()


def _keys_of_section(section: type[Section], path: KeyPath) -> set[str]:
    fields = {info.alias or name: info.annotation for name, info in section.model_fields.items()}
    if not path:
        return set(fields)
    return known_keys(fields.get(str(path[0])), path[1:])


def _prune(data: object, misfit: _Misfit) -> bool:
    """Takes a misfit out; inside a list, the whole list goes. False if it is gone already."""
    holder: dict[str, object] | None = None
    doomed = ""
    for part in misfit.path[:-1] if misfit.missing else misfit.path:
        if isinstance(data, dict) and part in data:
            holder, doomed = data, str(part)
            data = data[part]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return False
    if holder is None:
        return False
    del holder[doomed]
    return True
