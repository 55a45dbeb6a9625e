"""The operator's own keys: `keys.yml` in the user's configuration directory, a mapping of binding to keys.

    view.zoom: z,f11
    run.cancel: ctrl+x

Whatever is wrong in it costs the binding concerned its change, never the start of the console.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import IntEnum
from itertools import permutations, product
from pathlib import Path

import yaml
from platformdirs import user_config_path
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, key_to_character
from textual.screen import Screen

from backstaff.explain.words import counted

_MODIFIERS = {"alt", "ctrl", "hyper", "meta", "shift", "super"}
_NAMED_KEYS = {key.value for key in Keys}


class Layer(IntEnum):
    """Where a key is looked for: the first that has it takes it, and hides it from those further out."""

    FOCUS = 0
    SCREEN = 1
    APP = 2


@dataclass(frozen=True)
class Place:
    """Somewhere keys work: its name, and the keys of each binding that has an id.

    `fixed` are the keys that can not be rebound, as their bindings have no id, and what each does; those of
    them that are `first` work whatever has the focus. Any widget is taken to be on any screen."""

    name: str
    keys: Mapping[str, frozenset[str]]
    layer: Layer = Layer.FOCUS
    fixed: Mapping[str, str] = field(default_factory=dict)
    first: frozenset[str] = frozenset()

    @property
    def where(self) -> str:
        """The place as a problem names it."""
        if self.layer is Layer.FOCUS:
            return f"in {self.name}"
        return "on the screen" if self.layer is Layer.SCREEN else "everywhere"


@dataclass(frozen=True)
class Keymap:
    """What to hand to `App.set_keymap`, and what was wrong with the file."""

    keys: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    file: Path = Path()

    @property
    def notice(self) -> str:
        """All problems as one text for the operator, empty if there are none."""
        if not self.problems:
            return ""
        found = counted(len(self.problems), "problem")
        return "\n".join((f"{self.file}: {found}, the rest applies", *self.problems))


@dataclass(frozen=True)
class _Wish:
    """A line of the file."""

    line: int
    binding: str
    keys: tuple[str, ...]


def keymap_file() -> Path:
    """Where the operator's keys are looked for."""
    return user_config_path("backstaff", appauthor=False) / "keys.yml"


def place_of(node: type[DOMNode]) -> Place:
    """The bindings of a class of widgets, screens or apps, those of its base classes included."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    merged: dict[str, Binding] = {}
    for base in reversed(node.__mro__):
        for binding in Binding.make_bindings(vars(base).get("BINDINGS", ())):
            merged[binding.key] = binding
            if binding.id is not None:
                keys[binding.id].add(binding.key)
    fixed = {key: binding for key, binding in merged.items() if binding.id is None}
    return Place(
        getattr(node, "BINDING_GROUP_TITLE", None) or node.__name__,
        {binding: frozenset(each) for binding, each in keys.items()},
        _layer_of(node),
        {key: binding.description or binding.action for key, binding in fixed.items()} | _palette_key(node),
        frozenset(key for key, binding in fixed.items() if binding.priority),
    )


def _palette_key(node: type[DOMNode]) -> dict[str, str]:
    """The key of the command palette, which an app gets with no binding of its class."""
    if issubclass(node, App) and node.ENABLE_COMMAND_PALETTE:
        return {node.COMMAND_PALETTE_BINDING: "Command palette"}
    return {}


def _layer_of(node: type[DOMNode]) -> Layer:
    if issubclass(node, App):
        return Layer.APP
    return Layer.SCREEN if issubclass(node, Screen) else Layer.FOCUS


def load_keymap(file: Path, places: Sequence[Place], elsewhere: frozenset[str] = frozenset()) -> Keymap:
    """Read the file and check it against what is there to be bound. No file is no keys and no problem.

    Wishes for bindings that are `elsewhere` are for another app."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Keymap(file=file)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        return Keymap(problems=(f"it can not be read: {reason}",), file=file)
    keys, problems = read_keymap(text, places, elsewhere)
    return Keymap(keys, problems, file)


def read_keymap(
    text: str, places: Sequence[Place], elsewhere: frozenset[str] = frozenset()
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The keymap of a file's text, and what is wrong with it."""
    problems: list[str] = []
    here = [wish for wish in _wishes(text, problems) if wish.binding not in elsewhere]
    wishes = _known(here, places, problems)
    wishes = _without_clashes(wishes, places, problems)
    return {wish.binding: ",".join(wish.keys) for wish in wishes}, tuple(problems)


def _wishes(text: str, problems: list[str]) -> list[_Wish]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        problems.append(f"{where}it is not valid YAML")
        return []
    if root is None or root.tag == "tag:yaml.org,2002:null":
        return []
    if not isinstance(root, yaml.MappingNode):
        problems.append("it should have lines such as `view.zoom: z`")
        return []
    found = (_wish(key, value, problems) for key, value in root.value)
    return [wish for wish in found if wish is not None]


def _wish(key: yaml.Node, value: yaml.Node, problems: list[str]) -> _Wish | None:
    line = key.start_mark.line + 1
    if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
        problems.append(f"line {line}: it should be a binding and its keys, such as `view.zoom: z,f11`")
        return None
    keys = tuple(key.strip() for key in value.value.split(",") if key.strip())
    if not keys:
        problems.append(f"line {line}: {key.value} has no key")
        return None
    for name in keys:
        if not _is_key(name):
            problems.append(f"line {line}: {name} is no key{_nearest(name, _NAMED_KEYS)}")
            return None
    return _Wish(line, key.value, tuple(_long_name(name) for name in keys))


def _is_key(name: str) -> bool:
    *modifiers, key = name.split("+")
    if not key:
        return name == "+"
    if not _MODIFIERS.issuperset(modifiers):
        return False
    return name in _NAMED_KEYS or key in _NAMED_KEYS or key_to_character(key) is not None


def _long_name(name: str) -> str:
    """The key as bindings have it: `?` is `question_mark`."""
    return next(iter(Binding.make_bindings([Binding(name, "")]))).key


def _known(wishes: Iterable[_Wish], places: Sequence[Place], problems: list[str]) -> list[_Wish]:
    known = {binding for place in places for binding in place.keys}
    kept: dict[str, _Wish] = {}
    for wish in wishes:
        if wish.binding not in known:
            problems.append(
                f"line {wish.line}: there is no binding {wish.binding}{_nearest(wish.binding, known)}"
            )
        elif wish.binding in kept:
            problems.append(
                f"line {wish.line}: {wish.binding} was bound in line {kept[wish.binding].line} already"
            )
        else:
            kept[wish.binding] = wish
    return list(kept.values())


def _nearest(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f", did you mean {near[0]}?" if near else ""


def _without_clashes(wishes: list[_Wish], places: Sequence[Place], problems: list[str]) -> list[_Wish]:
    """Leave out wishes, the last one first, until no place has a key with two meanings and none is hidden.
    Taking one back can bring its old key into another's way, so all are looked at again."""
    while (clash := _taken(wishes, places) or _clash(wishes, places) or _hidden(wishes, places)) is not None:
        wish, problem = clash
        problems.append(problem)
        wishes = [other for other in wishes if other is not wish]
    return wishes


def _taken(wishes: Sequence[_Wish], places: Sequence[Place]) -> tuple[_Wish, str] | None:
    """A wish for a key that can not be had: its own place or one further in needs it for what can not be
    rebound, or it never gets there as it works everywhere."""
    for wish in reversed(wishes):
        for there, place in product(places, places):
            keys = place.fixed.keys() if place is there or place.layer < there.layer else place.first
            for key in sorted(keys & _new_keys(wish, there)):
                return wish, _problem(wish, place, key, place.fixed[key])
    return None


def _clash(wishes: Sequence[_Wish], places: Sequence[Place]) -> tuple[_Wish, str] | None:
    wished = {wish.binding: wish for wish in wishes}
    for place in places:
        taken: dict[str, str] = {}
        for binding in place.keys:
            for key in sorted(_keys_of(binding, place, wished)):
                other = taken.setdefault(key, binding)
                changed = [wished[each] for each in (other, binding) if each in wished]
                if other != binding and changed:
                    wish = max(changed, key=_line)
                    rest = other if wish.binding == binding else binding
                    return wish, _problem(wish, place, key, rest)
    return None


def _hidden(wishes: Sequence[_Wish], places: Sequence[Place]) -> tuple[_Wish, str] | None:
    """A wish for a key that never gets as far out as its binding, as something further in has it. What the
    usual keys hide of each other is meant so."""
    wished = {wish.binding: wish for wish in wishes}
    for inner, outer in permutations(places, 2):
        if inner.layer >= outer.layer:
            continue
        taken = {key: binding for binding in inner.keys for key in _keys_of(binding, inner, wished)}
        for wish in wishes:
            for key in sorted(taken.keys() & _new_keys(wish, outer)):
                other = taken[key]
                later = wish if key in inner.keys[other] else max(wish, wished[other], key=_line)
                rest, place = (other, inner) if later is wish else (wish.binding, outer)
                return later, _problem(later, place, key, rest)
    return None


def _problem(wish: _Wish, place: Place, key: str, rest: str) -> str:
    return f"line {wish.line}: {place.where} {key} is bound to {rest} already"


def _keys_of(binding: str, place: Place, wished: Mapping[str, _Wish]) -> Iterable[str]:
    return wished[binding].keys if binding in wished else place.keys[binding]


def _new_keys(wish: _Wish, place: Place) -> set[str]:
    """The keys that a binding of the place gets and has not had."""
    return set(wish.keys) - place.keys[wish.binding] if wish.binding in place.keys else set()


def _line(wish: _Wish) -> int:
    return wish.line
