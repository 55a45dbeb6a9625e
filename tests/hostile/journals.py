"""Journals of somebody else's making: each text in each event does what it can to a terminal or a CI system.

All is made by going over the event models, so that an event or a field that is new is in it as well.
"""

import unicodedata
from collections.abc import Iterator
from enum import Enum
from itertools import cycle, islice, zip_longest
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from backstaff.events.facts import Fact
from backstaff.events.types import Body, Event
from tests.events.builders import START

BODIES: tuple[type[Fact], ...] = get_args(Body)
PAYLOADS = (
    "\x1b[2J\x1b]0;title\x07\x1b]52;c;cm0=\x07\u202ecba\x9b31m",
    "\n::error::owned\r::add-mask::x\x85##[error]owned\u2028::stop-commands::x",
    "::error::owned",
    "\x1b[0m::error::owned #\x1b[0m#[error]owned \x1b[31;1mred",
    "\r\x1b[0Ksection_start:1:evil\r\x1b[0K\ufeff\u2066\u200b\x7f\x08\x00",
    " [red]markup[/red] [@click=app.quit]quit[/] [/nope] [link=http://evil.example]x[/link]",
    "<script>alert(1)</script></script><!--",
)
ALL_AT_ONCE = "".join(PAYLOADS)
_HIDDEN = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


def drives_a_terminal(text: str) -> set[str]:
    """Characters that do more than stand there; a line end apart."""
    moves = {"Cc", "Cs", "Zl", "Zp"}
    return {
        each for each in text if each != "\n" and (unicodedata.category(each) in moves or each in _HIDDEN)
    }


def of_every_kind(payload: str) -> list[Event]:
    """Events of all kinds with nothing but the payload for a text, and among them every word of our own that
    a field knows."""
    bodies = [body for model in BODIES for body in _variants(model, payload)]
    return [
        Event.model_validate({"seq": seq, "at": START, "t": float(seq), "body": body})
        for seq, body in enumerate(bodies, 1)
    ]


def made_hostile(event: Event, payload: str) -> Event:
    """The event with the payload behind each text in it, the same for the same text."""
    return event.model_copy(update={"body": _with_payload(event.body, payload)})


def _variants(model: type[Fact], payload: str) -> Iterator[Fact]:
    """As many as the field with the most words of its own has words."""
    choices = {name: _values(field.annotation, payload) for name, field in model.model_fields.items()}
    longest = max(map(len, choices.values()))
    columns = [islice(cycle(values), longest) for values in choices.values()]
    for values in zip_longest(*columns):
        yield model.model_validate(dict(zip(choices, values, strict=True)))


def _values(annotation: object, payload: str) -> list[object]:
    """Values of a field's type, at least one."""
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        return _values(arguments[0], payload)
    if origin is Literal:
        return list(arguments)
    if origin in {Union, UnionType}:
        return [value for each in arguments for value in _values(each, payload)]
    if origin is tuple:
        return [tuple(_values(arguments[0], payload))]
    if origin is dict:
        return [
            dict.fromkeys(_values(arguments[0], payload), value) for value in _values(arguments[1], payload)
        ]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return list(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Fact):
        return list(_variants(annotation, payload))
    simple: dict[object, list[object]] = {
        str: [payload],
        bool: [False, True],
        int: [1],
        float: [1.5],
        type(None): [None],
    }
    return simple[annotation]


def _with_payload(value: object, payload: str) -> object:
    if isinstance(value, Fact):
        fields = type(value).model_fields
        texts = {
            name: getattr(value, name)
            for name in fields
            if get_origin(fields[name].annotation) is not Literal
        }
        return value.model_copy(update={name: _with_payload(each, payload) for name, each in texts.items()})
    if isinstance(value, tuple):
        return tuple(_with_payload(each, payload) for each in value)
    if isinstance(value, dict):
        return {_with_payload(key, payload): _with_payload(each, payload) for key, each in value.items()}
    if isinstance(value, str) and not isinstance(value, Enum):
        return value and value + payload
    return value
