"""Values that could not be worked out, so that the check can go on and tell everything else that is wrong."""

from collections.abc import Iterator

from backstaff.config.positions import KeyPath
from backstaff.config.yaml_tree import ListNode, MapNode, Node, ScalarNode

PLACEHOLDER = "backstaff-value-of-failed-template"
"""Stands for a template that failed, or a scalar that can not be used, whose own error has been told."""


def is_unknown(value: object) -> bool:
    """Whether a value or key stands for one that could not be worked out; nothing can be said against it."""
    return isinstance(value, str) and PLACEHOLDER in value


def unknown_paths(node: Node, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Where the tree holds unknown values, or has unknown keys."""
    match node:
        case MapNode(entries=entries):
            for key, entry in entries.items():
                if is_unknown(key):
                    yield (*path, key)
                yield from unknown_paths(entry.node, (*path, key))
        case ListNode(items=items):
            for index, item in enumerate(items):
                yield from unknown_paths(item, (*path, index))
        case ScalarNode(value=value):
            if is_unknown(value):
                yield path
