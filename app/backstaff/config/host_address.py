"""Host strings of deploy.yml, taken apart the way SSHKit does."""

import re
from dataclasses import dataclass

_BRACKETED = re.compile(r"(?:(?P<user>[^@]+)@)?\[(?P<host>[0-9a-fA-F:.%\w]+)\](?::(?P<port>\d{1,5}))?")
_PLAIN = re.compile(r"(?:(?P<user>[^@]+)@)?(?P<host>[^@:\s\[\]]+)(?::(?P<port>\d{1,5}))?")
_BARE_V6 = re.compile(r"(?:(?P<user>[^@]+)@)?(?P<host>[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F.]*(?:%\w+)?)")
_NAME = re.compile(r"[\w:][\w.:%-]*")
_HIGHEST_PORT = 65535


@dataclass(frozen=True)
class HostAddress:
    """Where to connect; `user` and `port` are None where the string leaves them to the ssh settings."""

    user: str | None
    host: str
    port: int | None


def parse_host(text: str) -> HostAddress:
    """Takes `h`, `user@h`, `h:port`, `user@h:port`, `[v6]:port` or a bare IPv6 address apart.

    Raises ValueError with the reason when the text is none of them.
    """
    if not text or any(character.isspace() for character in text):
        raise ValueError("is not a host name: it is empty or contains spaces")
    for pattern in (_BRACKETED, _BARE_V6, _PLAIN):
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            if not _NAME.fullmatch(parts["host"]):
                raise ValueError("is not a host: it has a character in it that no host name can have")
            return HostAddress(parts.get("user"), parts["host"], _port(parts.get("port")))
    raise ValueError("is not a host: write host, user@host, host:port, or [IPv6 address]:port")


def _port(digits: str | None) -> int | None:
    if digits is None:
        return None
    port = int(digits)
    if not 1 <= port <= _HIGHEST_PORT:
        raise ValueError(f"has a port outside 1 to {_HIGHEST_PORT}")
    return port
