"""Numbers of deploy.yml, each with the least and the most that can be meant.

Ruby's numbers have no end, but those of Docker, of kamal-proxy and of a clock do.
"""

from typing import Annotated, TypeVar

from pydantic import BeforeValidator

from backstaff.config.models.values import refuse, ruby_text, wrong_kind

LONGEST_S = 365 * 24 * 3600
"""Seconds: the longest time that anything can be told to take or to wait, a year."""
MOST = 1_000_000
"""The most hosts, containers, connections or tries that can be asked for."""
MOST_BYTES = 2**63 - 1
HIGHEST_PORT = 65535
_LONGEST_DIGITS = 18

_Seconds = TypeVar("_Seconds", int, float)


def as_integer(value: object) -> int:
    """A whole number; texts are not converted, as in Kamal."""
    if isinstance(value, float):
        raise refuse(f"should be a whole number, not {ruby_text(value)}")
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_kind("a whole number", value)
    return value


def digits_of(text: str) -> int:
    """The number that decimal digits stand for, if there are not too many of them."""
    if len(text) > _LONGEST_DIGITS:
        raise refuse(f"should be a number of at most {_LONGEST_DIGITS} digits")
    return int(text)


def as_seconds(value: object) -> int:
    """A whole number of seconds, zero or more."""
    seconds = as_integer(value)
    if seconds < 0:
        raise refuse("should be zero or more seconds")
    return _within_a_year(seconds)


def as_duration(value: object) -> float:
    """Seconds with a fraction, more than zero."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_kind("a number of seconds", value)
    # Only NaN is not itself; `isnan` can not take whole numbers of any size.
    if value != value:
        raise refuse("should be a number of seconds, not NaN")
    if value <= 0:
        raise refuse("should be more than zero seconds")
    return float(_within_a_year(value))


def _within_a_year(seconds: _Seconds) -> _Seconds:
    if seconds > LONGEST_S:
        raise refuse(f"should be at most {LONGEST_S} seconds, which is a year")
    return seconds


def as_count(value: object) -> int:
    """A whole number, one or more."""
    count = as_integer(value)
    if count < 1:
        raise refuse("should be at least 1")
    return _not_too_many(count)


def as_tries(value: object) -> int:
    """A whole number, zero or more."""
    count = as_integer(value)
    if count < 0:
        raise refuse("should be zero or more")
    return _not_too_many(count)


def as_percentage(digits: str) -> int:
    """A share of all, in hundredths."""
    return _not_too_many(digits_of(digits))


def _not_too_many(count: int) -> int:
    if count > MOST:
        raise refuse(f"should be at most {MOST}")
    return count


def as_bytes(value: object) -> int:
    """A size."""
    size = as_integer(value)
    if abs(size) > MOST_BYTES:
        raise refuse(f"should be at most {MOST_BYTES} bytes")
    return size


def as_port(value: object) -> int:
    """A TCP port."""
    port = as_integer(value)
    if not 1 <= port <= HIGHEST_PORT:
        raise refuse(f"should be a port from 1 to {HIGHEST_PORT}")
    return port


WholeSeconds = Annotated[int, BeforeValidator(as_seconds)]
OptionalSeconds = Annotated[int | None, BeforeValidator(as_seconds)]
Duration = Annotated[float, BeforeValidator(as_duration)]
Count = Annotated[int, BeforeValidator(as_count)]
Tries = Annotated[int, BeforeValidator(as_tries)]
OptionalBytes = Annotated[int | None, BeforeValidator(as_bytes)]
Port = Annotated[int, BeforeValidator(as_port)]
OptionalPort = Annotated[int | None, BeforeValidator(as_port)]
