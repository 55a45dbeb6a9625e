"""A ProxyCommand as OpenSSH writes it: with tokens to be replaced."""

import re

_TOKEN = re.compile(r"%(.)")


def expand(command: str, *, host: str, port: int, user: str) -> str:
    """`command` with `%h`, `%p`, `%r` and `%%` replaced; other tokens stay."""
    values = {"h": host, "p": str(port), "r": user, "%": "%"}
    return _TOKEN.sub(lambda match: values.get(match[1], match[0]), command)
