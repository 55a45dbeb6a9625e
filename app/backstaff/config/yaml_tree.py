"""YAML as a tree of values that know where they were written."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from backstaff.config.positions import KeyPath, Position, SourceMap
from backstaff.config.yaml_scalars import ScalarValue


@dataclass(frozen=True)
class ScalarNode:
    """A text, number, boolean, date or nothing."""

    value: ScalarValue
    position: Position


@dataclass(frozen=True)
class ListNode:
    """A sequence."""

    items: tuple["Node", ...]
    position: Position


@dataclass(frozen=True)
class Entry:
    """A key's place and its value."""

    key_position: Position
    node: "Node"


@dataclass(frozen=True)
class MapNode:
    """A mapping; keys are texts, in file order."""

    position: Position
    entries: dict[str, Entry] = field(default_factory=dict)


Node = ScalarNode | ListNode | MapNode


def plain(node: Node) -> object:
    """The tree as dicts, lists and scalars."""
    match node:
        case MapNode(entries=entries):
            return {key: plain(entry.node) for key, entry in entries.items()}
        case ListNode(items=items):
            return [plain(item) for item in items]
        case ScalarNode(value=value):
            return value


def merge(base: Node, over: Node) -> Node:
    """Lays `over` over `base`: mappings merge key by key, everything else is replaced."""
    if not (isinstance(base, MapNode) and isinstance(over, MapNode)):
        return over
    merged = dict(base.entries)
    for key, entry in over.entries.items():
        known = merged.get(key)
        node = merge(known.node, entry.node) if known else entry.node
        merged[key] = Entry(entry.key_position, node)
    return MapNode(base.position, merged)


def positions(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Position]]:
    """Every value with its place, parents before children.

    Scalars are placed where they stand; mappings, lists and empty values at their key.
    """
    yield path, node.position
    yield from _child_positions(node, path)


def _child_positions(node: Node, path: KeyPath) -> Iterator[tuple[KeyPath, Position]]:
    match node:
        case MapNode(entries=entries):
            for key, entry in entries.items():
                filled = isinstance(entry.node, ScalarNode) and entry.node.value is not None
                yield (*path, key), entry.node.position if filled else entry.key_position
                yield from _child_positions(entry.node, (*path, key))
        case ListNode(items=items):
            for index, item in enumerate(items):
                yield from positions(item, (*path, index))


def place_of(places: SourceMap, path: KeyPath) -> Position:
    """Where the value at `path` is written, or what should hold it if it is not there."""
    while path not in places:
        path = path[:-1]
    return places[path]


def key_position(node: Node, path: KeyPath) -> Position:
    """Where the last key of `path` is written; for a list item or the root, where its value starts."""
    place = node.position
    for part in path:
        match node:
            case MapNode(entries=entries) if isinstance(part, str) and part in entries:
                place, node = entries[part].key_position, entries[part].node
            case ListNode(items=items) if isinstance(part, int) and part < len(items):
                node = items[part]
                place = node.position
            case _:
                return place
    return place


def size(node: Node, known: dict[int, int] | None = None) -> int:
    """Number of values, counting a shared anchor wherever it is used; cheap even for nested anchors."""
    known = {} if known is None else known
    if id(node) not in known:
        children: list[Node] = []
        if isinstance(node, MapNode):
            children = [entry.node for entry in node.entries.values()]
        elif isinstance(node, ListNode):
            children = list(node.items)
        known[id(node)] = 1 + sum(size(child, known) for child in children)
    return known[id(node)]
