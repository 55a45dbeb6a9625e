"""What is wrong with an answer that Docker would not give, in a few words that go on from "it"."""

import json

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError, DecompressSizeError
from pydantic import ValidationError

_LONGEST = 200
_NO_HTTP = (aiohttp.ClientResponseError, aiohttp.RedirectClientError, aiohttp.InvalidURL)
_UNPACKED = (ContentEncodingError, DecompressSizeError)


def is_nonsense(error: Exception) -> bool:
    """Whether a failure to read an answer lies in what was sent, not in a connection that ended."""
    return isinstance(error, _NO_HTTP) or isinstance(error.__cause__, _UNPACKED)


def nonsense(error: Exception) -> str:
    """What was wrong, from the error that came of reading the answer."""
    match error:
        case aiohttp.TooManyRedirects() | aiohttp.RedirectClientError():
            return "it points to another address"
        case aiohttp.ClientResponseError():
            return f"it is no HTTP ({_first_words(error.message)})"
        case aiohttp.ClientError():
            return "it can not be unpacked"
        case ValidationError():
            return _of_another_kind(error)
        case json.JSONDecodeError():
            return "it is no JSON"
        case UnicodeDecodeError():
            return "it is no text"
        case RecursionError():
            return "it is nested too deep"
        case KeyError():
            return f"it has no {error.args[0]}"
        case TypeError():
            return "it is not what was asked for"
        case _:
            return str(error).partition("\n")[0][:_LONGEST]


def broken_off(error: BaseException) -> str:
    """How a connection to the engine ended, where an answer was still to come."""
    match error:
        case aiohttp.ServerDisconnectedError():
            return "the connection ended before an answer came"
        case aiohttp.ClientPayloadError():
            return "the connection ended in the middle of an answer"
        case aiohttp.ClientOSError():
            return (error.errno and error.strerror) or "the connection ended before all was asked"
        case _:
            return str(error)


def _of_another_kind(error: ValidationError) -> str:
    """The first thing that is wrong. What was sent instead is not told: it may be anything."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    # Which of the things in a list it was tells nothing.
    place = ".".join(part for part in first["loc"] if isinstance(part, str))[:_LONGEST]
    match first["type"]:
        case "json_invalid":
            return "it is no JSON"
        case "missing":
            return f"it has no {place}"
        case _ if not place:
            return "it is not what was asked for"
        case _:
            wanted = first["msg"].partition("\n")[0].removeprefix("Input should be ")
            return f"its {place} should be {wanted}"[: 2 * _LONGEST]


def _first_words(message: str) -> str:
    """What the parser found wrong, without the bytes that it goes on to quote."""
    return message.partition("\n")[0].partition(": b")[0].rstrip(":").lower()[:_LONGEST]
