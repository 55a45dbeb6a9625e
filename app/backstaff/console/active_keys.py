"""The keys that work at this moment, one entry for each action, as footer, help and palette show them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget


@dataclass(frozen=True)
class ActiveKey:
    """An action and the keys that do it, as they are written for people. `node` is where it is bound."""

    keys: tuple[str, ...]
    action: str
    description: str
    node: DOMNode = field(compare=False)
    binding: str = ""
    show: bool = True
    enabled: bool = True
    tooltip: str = ""


@dataclass(frozen=True)
class KeyPlace:
    """A part of the screen and what its keys do. `focused` is where the next key goes."""

    title: str
    keys: tuple[ActiveKey, ...]
    focused: bool = False


def active_keys(screen: Screen[object]) -> tuple[ActiveKey, ...]:
    """What the keys do now: those of the focused widget first, then outwards to the app."""
    found: dict[tuple[DOMNode, str], ActiveKey] = {}
    for active in screen.active_bindings.values():
        if not active.binding.description or active.binding.system:
            continue
        _add(found, active.node, active.binding, screen.app, enabled=active.enabled)
    by_node: dict[DOMNode, list[ActiveKey]] = {}
    for key in found.values():
        by_node.setdefault(key.node, []).append(key)
    return tuple(key for keys in by_node.values() for key in _in_order(keys))


def key_places(screen: Screen[object]) -> tuple[KeyPlace, ...]:
    """All places of a screen where keys do something: first those whose keys work now, then the rest. In
    each the keys that can be rebound come first, then those that Textual's own widgets have."""
    now = active_keys(screen)
    nodes = list(dict.fromkeys(key.node for key in now))
    places = [
        KeyPlace(_title(node), _sorted(key for key in now if key.node is node), node is screen.focused)
        for node in nodes
    ]
    kinds = {type(node) for node in nodes}
    for widget in _others(screen):
        if type(widget) not in kinds and (keys := _sorted(_own_keys(widget))):
            kinds.add(type(widget))
            places.append(KeyPlace(_title(widget), keys))
    return tuple(places)


def _in_order(keys: Iterable[ActiveKey]) -> list[ActiveKey]:
    """As the place has them bound: Textual puts the ones that were rebound last."""

    def place(key: ActiveKey) -> int:
        actions = [binding.action for _, binding in key.node._bindings]
        return actions.index(key.action) if key.action in actions else len(actions)

    return sorted(keys, key=place)


def _sorted(keys: Iterable[ActiveKey]) -> tuple[ActiveKey, ...]:
    return tuple(sorted(keys, key=lambda key: not key.binding))


def _others(screen: Screen[object]) -> Iterable[Widget]:
    """Widgets that could have the focus."""
    return [widget for widget in screen.query(Widget) if widget.can_focus and widget is not screen.focused]


def _own_keys(widget: Widget) -> Iterator[ActiveKey]:
    """What a widget's keys would do if it had the focus."""
    found: dict[tuple[DOMNode, str], ActiveKey] = {}
    bindings = widget._bindings.copy()
    bindings.apply_keymap(widget.app._keymap)
    for _, binding in bindings:
        if binding.description and not binding.system:
            _add(found, widget, binding, widget.app)
    yield from _in_order(found.values())


def _add(
    found: dict[tuple[DOMNode, str], ActiveKey],
    node: DOMNode,
    binding: Binding,
    app: App[object],
    *,
    enabled: bool = True,
) -> None:
    known = found.get((node, binding.action))
    shown = app.get_key_display(binding)
    keys = tuple(dict.fromkeys((*known.keys, shown) if known else (shown,)))
    found[node, binding.action] = ActiveKey(
        keys,
        binding.action,
        binding.description,
        node,
        binding.id or "",
        binding.show,
        enabled,
        binding.tooltip,
    )


def _title(node: DOMNode) -> str:
    """What people call a part of the screen: its own name for it, else its class's in words."""
    if node.BINDING_GROUP_TITLE:
        return node.BINDING_GROUP_TITLE
    if isinstance(node, App):
        return "everywhere"
    if isinstance(node, Screen):
        return "on this screen"
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(node).__name__)
    return words.strip()
