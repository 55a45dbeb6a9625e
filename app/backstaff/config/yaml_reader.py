"""Reads YAML text into a tree: anchors, aliases, merge keys, duplicate keys found, positions kept."""

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from backstaff.config.issues import IssueList
from backstaff.config.models.values import kind_of, ruby_text
from backstaff.config.positions import Position
from backstaff.config.source_text import RenderedText
from backstaff.config.unknown import PLACEHOLDER, is_unknown
from backstaff.config.yaml_scalars import NumberTooLong, ScalarValue, is_base_60, read_scalar
from backstaff.config.yaml_tree import Entry, ListNode, MapNode, Node, ScalarNode, size
from backstaff.half_characters import byte_in, half_in

_PLAIN = "plain"
_QUOTED = "quoted"
_TEXT_TAGS = {_QUOTED, "tag:yaml.org,2002:str", "!", "!str", "!ruby/symbol", "!ruby/sym"}
_READ_TAGS = {_PLAIN, *(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))}
_COLLECTION_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!"}
_MERGE_KEY = "<<"
_DEEPEST = 60
_LARGEST = 100_000


class _Loader(Reader, Scanner, Parser, Composer, BaseResolver):
    """PyYAML up to nodes; scalars are only marked as plain or quoted, their values are read here."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)

    def resolve(self, kind: type[yaml.Node], value: object, implicit: object) -> str:  # noqa: ARG002
        if kind is yaml.ScalarNode:
            return _PLAIN if isinstance(implicit, tuple) and implicit[0] else _QUOTED
        return "tag:yaml.org,2002:map" if kind is yaml.MappingNode else "tag:yaml.org,2002:seq"


def read_yaml(text: RenderedText, issues: IssueList) -> Node | None:
    """The tree of one document, or None where there is none or it is broken, which goes to `issues`.

    Of a key that is there twice the first value stays, so that the rest can be checked.
    """
    root = _compose(text, issues)
    return None if root is None else _TreeBuilder(text, issues).build_root(root)


def _compose(text: RenderedText, issues: IssueList) -> yaml.Node | None:
    try:
        loader = _Loader(text.text)
    except ReaderError as error:
        # The file itself is UTF-8: only a template can have brought a stray byte.
        byte = byte_in(text.text[error.position])
        message = f"the template's value {byte}" if byte else f"not valid YAML: {error.reason}"
        issues.add_at(text.position(error.position), (), message)
        return None
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        issues.add_at(_mark_position(text, mark), (), f"not valid YAML: {_problem(error)}")
    except RecursionError:
        issues.add_at(text.position(0), (), "not valid YAML: it is nested too deeply")
    except (ValueError, OverflowError):
        # PyYAML hands the numbers of characters, and of versions of YAML, to Python unchecked.
        mark = loader.get_mark()
        problem = "there is no such character" if text.text[mark.index - 1] == "U" else "no version of YAML"
        issues.add_at(_mark_position(text, mark), (), f"not valid YAML: {problem}")
    return None


def _problem(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)


def _mark_position(text: RenderedText, mark: yaml.Mark | None) -> Position:
    return text.position(mark.index if mark else 0)


class _TooLarge(Exception):
    """The document nests too deeply, refers to itself, or grows beyond reason through its aliases."""


class _TreeBuilder:
    """Turns PyYAML's nodes into ours. Aliased nodes are built once and shared."""

    def __init__(self, text: RenderedText, issues: IssueList) -> None:
        self._text = text
        self._issues = issues
        self._built: dict[int, Node] = {}
        self._open: set[int] = set()

    def build_root(self, root: yaml.Node) -> Node | None:
        """The whole tree, or None if it has no sensible size."""
        try:
            tree = self._build(root, depth=0)
        except _TooLarge as error:
            self._issues.add_at(self._position(root), (), str(error))
            return None
        if size(tree) > _LARGEST:
            self._issues.add_at(self._position(root), (), "its aliases expand to far too many values")
            return None
        return tree

    def _position(self, node: yaml.Node) -> Position:
        return _mark_position(self._text, node.start_mark)

    def _build(self, node: yaml.Node, depth: int) -> Node:
        if id(node) in self._built:
            return self._built[id(node)]
        if id(node) in self._open:
            raise _TooLarge("an anchor contains an alias of itself")
        if depth > _DEEPEST:
            raise _TooLarge("is nested too deeply")
        self._open.add(id(node))
        built = self._build_new(node, depth)
        self._open.discard(id(node))
        self._built[id(node)] = built
        return built

    def _build_new(self, node: yaml.Node, depth: int) -> Node:
        position = self._position(node)
        if isinstance(node, yaml.ScalarNode):
            return ScalarNode(self._scalar(node), position)
        if node.tag not in _COLLECTION_TAGS:
            self._issues.add_at(position, (), f"the YAML tag {node.tag} is not supported")
        if isinstance(node, yaml.SequenceNode):
            return ListNode(tuple(self._build(item, depth + 1) for item in node.value), position)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, position, depth)
        raise TypeError(f"unexpected YAML node {node!r}")

    def _scalar(self, node: yaml.ScalarNode) -> ScalarValue:
        """The value; a placeholder for one that can not be used, which is told."""
        text = str(node.value)
        if trouble := half_in(text):
            self._issues.add_at(self._position(node), (), f"a text {trouble}")
            return PLACEHOLDER
        if node.tag in _TEXT_TAGS:
            return text
        if node.tag not in _READ_TAGS:
            self._issues.add_at(self._position(node), (), f"the YAML tag {node.tag} is not supported")
            return text
        try:
            value = read_scalar(text)
        except NumberTooLong as error:
            self._issues.add_at(self._position(node), (), str(error))
            return PLACEHOLDER
        if is_base_60(text) and isinstance(value, int | float):
            note = f"{text} is read as the number {ruby_text(value)} (hours and minutes); quote it to keep it"
            self._issues.warn_at(self._position(node), note)
        return value

    def _mapping(self, node: yaml.MappingNode, position: Position, depth: int) -> MapNode:
        entries: dict[str, Entry] = {}
        written: dict[str, Position] = {}
        for key_node, value_node in node.value:
            value = self._build(value_node, depth + 1)
            if self._is_merge(key_node):
                self._merge_into(entries, value)
                continue
            key = self._key(key_node, top=depth == 0)
            if key is None:
                continue
            place = self._position(key_node)
            if key in written and not is_unknown(key):
                message = f"the key is already there on line {written[key].line}"
                self._issues.add_at(place, (key,), message)
                continue
            written[key] = place
            entries[key] = Entry(place, value)
        return MapNode(position, entries)

    def _is_merge(self, key: yaml.Node) -> bool:
        return isinstance(key, yaml.ScalarNode) and key.tag == _PLAIN and key.value == _MERGE_KEY

    def _merge_into(self, entries: dict[str, Entry], value: Node) -> None:
        """Psych's way: a merge replaces keys above it, and is replaced by keys below it."""
        sources = value.items[::-1] if isinstance(value, ListNode) else (value,)
        for source in sources:
            if isinstance(source, MapNode):
                entries.update(source.entries)
            else:
                self._issues.add_at(source.position, (), "a merge key (<<) needs a mapping or a list of them")

    def _key(self, node: yaml.Node, *, top: bool) -> str | None:
        """A key as text. Symbols count as texts at the root only, where Kamal turns all keys into symbols."""
        value = self._scalar(node) if isinstance(node, yaml.ScalarNode) else [*node.value]
        if not isinstance(value, str | int | float):
            kind = "a list or mapping" if isinstance(value, list) else kind_of(value)
            self._issues.add_at(self._position(node), (), f"a key should be a text, not {kind}")
            return None
        if not top and node.tag == _PLAIN and str(node.value).startswith(":"):
            return str(node.value)
        return ruby_text(value)
