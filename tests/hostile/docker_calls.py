"""Every call that the `Docker` protocol has, with arguments made up for it."""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Iterator, Mapping, Sequence
from typing import get_type_hints

from backstaff.hosts.protocol import Docker, RegistryAuth

_ARGUMENTS: Mapping[object, object] = {
    str: "app",
    Mapping[str, str]: {"service": "app"},
    Sequence[str]: ("kamal-proxy", "list"),
    RegistryAuth | None: RegistryAuth("registry.example.com", "me", "secret"),
}
"""By type. A new call with an argument of another kind needs one here."""


def calls() -> Iterator[str]:
    """The names of all calls, in the order of the protocol."""
    return (name for name in vars(Docker) if not name.startswith("_"))


def call(docker: Docker, name: str) -> Awaitable[object] | AsyncGenerator[object, None]:
    """Make a call; of its arguments only those that it can not do without."""
    method = getattr(Docker, name)
    hints = get_type_hints(method)
    wanted = [each for each in inspect.signature(method).parameters.values() if each.name != "self"]
    given = {each.name: _ARGUMENTS[hints[each.name]] for each in wanted if each.default is each.empty}
    result: Awaitable[object] | AsyncGenerator[object, None] = getattr(docker, name)(**given)
    return result


async def outcome(called: Awaitable[object] | AsyncGenerator[object, None]) -> object:
    """What a call comes to; of a stream, all that it tells."""
    if isinstance(called, AsyncGenerator):
        return [each async for each in called]
    return await called
