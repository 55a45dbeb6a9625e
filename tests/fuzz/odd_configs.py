"""deploy.yml files that are sound but for one thing: an odd key or value, anywhere that the schema knows."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from hypothesis import strategies as st

from backstaff.config.models.values import Section
from backstaff.config.schema import DeployFile

Path = tuple[str, ...]
Tree = dict[str, object]

_NAMES = {"servers": "web", "accessories": "db", "hooks_output": "pre-build", "tags": "eu"}
_DEEPEST = 6


class Holds(StrEnum):
    """What a key may hold."""

    KEYS = "keys"
    A_NUMBER = "a number"
    ANYTHING = "anything"


def _paths(shape: object, path: Path = ()) -> Iterator[tuple[Path, Holds]]:
    """Every key of the schema, and what it holds. Names that are free are made up."""
    origin, arguments = get_origin(shape), get_args(shape)
    if isinstance(shape, type) and issubclass(shape, Section):
        yield path, Holds.KEYS
        for name, field in shape.model_fields.items() if len(path) < _DEEPEST else ():
            yield from _paths(field.annotation, (*path, field.alias or name))
    elif origin is Annotated:
        yield from _paths(arguments[0], path)
    elif origin in (Union, UnionType):
        for member in arguments:
            yield from _paths(member, path)
    elif origin is dict and len(path) < _DEEPEST:
        yield path, Holds.KEYS
        yield from _paths(arguments[1], (*path, _NAMES.get(path[-1], "A")))
    else:
        yield path, Holds.A_NUMBER if shape in (int, float) else Holds.ANYTHING


_KNOWN = sorted(set(_paths(DeployFile)))
MAPPINGS = [path for path, holds in _KNOWN if holds is Holds.KEYS]
NUMBERS = [path for path, holds in _KNOWN if holds is Holds.A_NUMBER]
KEYS = [path for path, _ in _KNOWN if path]


def _sound() -> Tree:
    return {
        "service": "app",
        "image": "me/app",
        "servers": {"web": {"hosts": "[h1, h2]"}, "job": {"hosts": "[h2]", "cmd": "work"}},
        "registry": {"username": "me", "password": "[PW]"},
        "builder": {"arch": "amd64"},
        "accessories": {"db": {"image": "postgres", "host": "h3"}},
        "proxy": {"host": "a.test"},
    }


def with_value(path: Path, value: str) -> str:
    """A sound file but for the YAML of one value."""
    tree = _sound()
    holder = _at(tree, path[:-1])
    holder[path[-1]] = value
    return _block(tree)


def with_key(path: Path, key: str) -> str:
    """A sound file but for the YAML of one key in the mapping at `path`."""
    tree = _sound()
    _at(tree, path)[key] = "1"
    return _block(tree)


def _at(tree: Tree, path: Path) -> Tree:
    for part in path:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            inner = tree[part] = {}
        tree = inner
    return tree


def _block(tree: Mapping[str, object], pad: str = "") -> str:
    lines: list[str] = []
    for key, value in tree.items():
        # A long key needs its question mark.
        head = f"{pad}{key}:" if key.replace("_", "").replace("-", "").isalnum() else f"{pad}? {key}\n{pad}:"
        lines.append(f"{head}\n{_block(value, f'{pad}  ')}" if isinstance(value, dict) else f"{head} {value}")
    return "\n".join(lines)


_LENGTHS = (1, 3, 10, 19, 320, 999, 4299, 5000)


def _number(length: int) -> list[str]:
    """Numbers of so many digits in all of YAML's notations, and what looks like one."""
    nines = "9" * length
    plain = [nines, "0" + "7" * length, "0x" + "f" * length, "0b" + "1" * length, "1" + ",000" * length]
    sixties = [f"{nines}:22", f"{nines}:22:22", f"{nines}:22.5"]
    fractions = [f"{nines}.5", f"0.{nines}", f"1.0e+{nines}", f"1.0e-{nines}", f"{nines}.0e+300"]
    texts = [f"{nines}%", f"'{nines}'", f"'{nines}%'", f"on-failure:{nines}", f"localhost:{nines}"]
    tagged = [f"!!int {nines}", f"!!float {nines}", f"!!str {nines}"]
    return [*plain, *sixties, *fractions, *texts, *tagged, "1_" * length + "0", "٣" * length]


_WORDS = (
    ".inf",
    "-.inf",
    ".nan",
    "+.INF",
    "1e999",
    "0",
    "0.0",
    "5e-324",
    "2024-01-01",
    "9999-12-31 24:00:00",
)
numbers = st.one_of(
    st.sampled_from([number for length in _LENGTHS for number in _number(length)]),
    st.sampled_from([f"-{number}" for length in _LENGTHS for number in _number(length)]),
    st.sampled_from(_WORDS),
)
"""YAML of numbers, most of them too big for anything."""

_ESCAPED = (
    *(r"\ud800", r"\udfff", r"\udcff", r"\ud83d\ude00", r"\0", r"\u202e", r"\u2066", r"\ufeff", r"\ufffe"),
    *(r"\N", r"\L", r"\P", r"\e[31m", r"\x7f", r"\x9b", r"\u0301", r"\u00ad", r"\n", r"\r", r"\t"),
    *(r"\U0010ffff", r"\U00110000", r"\U7fffffff", r"\Uffffffff", "<map>", "[key]", "${A}", "`id`", "$(id)"),
)
_RAW = (
    "\u202e",
    "\u2066",
    "\ufeff",
    "\x85",
    "\u2028",
    "\u2029",
    "\xa0",
    "\x7f",
    "\x1b",
    "\0",
    "\r",
    "\u0301",
)
_PLACES = ("{}", "a{}", "{}a", "a{}b", "a:{}", "{0}{0}")

odd_texts = st.one_of(
    st.builds(
        lambda place, odd: f'"{place.format(odd)}"', st.sampled_from(_PLACES), st.sampled_from(_ESCAPED)
    ),
    st.builds(lambda place, odd: place.format(odd), st.sampled_from(_PLACES), st.sampled_from(_RAW)),
    st.builds(lambda place, odd: f'"{place.format(odd)}"', st.sampled_from(_PLACES), st.sampled_from(_RAW)),
)
"""YAML of texts with characters that drive, hide, reorder, or are none."""

RUBY = (
    *(
        '"a"+',
        "nil||",
        "true&&",
        '"a".strip',
        ".strip",
        "&.to_s",
        '.include?("a")',
        '"a" == ',
        "=~ /a/ ",
        "!",
    ),
    *(
        "(",
        "[",
        "{",
        "}",
        ")",
        ",",
        "?",
        ":",
        "'",
        "#",
        "\\",
        "\n",
        '"#{',
        "true ? 1 : ",
        "%q(",
        "%Q<",
        "%%>",
    ),
    *(
        'ENV["A"]',
        "ENV.fetch(",
        'ENV.fetch("A") { ',
        "/(/",
        "/((/",
        "/[[a]/",
        "/a{9999}/",
        "9",
        "09",
        "9.",
        "nil.",
    ),
)
"""Pieces of Ruby, the understood and the others, that go on when they are repeated."""

_ENDS = ("", '"a"', "nil", "1", "true", "}", ")", '}"', " : 2")
templates = st.builds(
    lambda before, piece, times, end: f"<%= {before}{piece * times}{end} %>",
    st.sampled_from(_ENDS),
    st.sampled_from(RUBY),
    st.sampled_from((1, 2, 30, 41, 400, 3000)),
    st.sampled_from(_ENDS),
)
"""Tags with one piece of Ruby in them, over and over."""

_scalars = st.one_of(numbers, odd_texts, templates)
odd_configs = st.one_of(
    st.builds(with_value, st.sampled_from(KEYS), _scalars),
    st.builds(with_value, st.sampled_from(NUMBERS), numbers),
    st.builds(with_key, st.sampled_from(MAPPINGS), _scalars),
)
