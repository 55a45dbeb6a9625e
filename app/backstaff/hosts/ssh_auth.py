"""A login in as few round trips as it takes.

asyncssh asks a server which ways to log in it has, then whether a key would do, and then proves that it has
that key: three round trips. Where there are keys the first question can be spared, and where there is only
one left to try, the second. A server that lets somebody in without a key is still asked, after the keys.
"""

import asyncssh

_KEYS = b"publickey"
_NOTHING = b"none"
_WOULD_DO, _PROVED = b"\0", b"\1"
"""The first argument of a request with a key: whether it only asks, or has the signature with it."""
_INSIDES = ("_auth_methods", "_client_keys", "public_key_auth_requested", "send_userauth_request")


class ShortLogin:
    """Shortens the login of one connection."""

    def __init__(self, connection: asyncssh.SSHClientConnection) -> None:
        self._connection = connection
        self._next_key = connection.public_key_auth_requested
        self._request = connection.send_userauth_request
        self._last_key: asyncssh.SSHKeyPair | None = None
        self._asked = False

    @classmethod
    def begin(cls, connection: asyncssh.SSHClientConnection) -> "ShortLogin | None":
        """Begin with the keys. To be called when asyncssh is about to ask for the ways to log in.

        It offers no setting for this: with a version of it that has other insides than those known here, the
        login takes as long as it always has, and there is nothing to shorten."""
        if not all(hasattr(connection, name) for name in _INSIDES):
            return None
        login = cls(connection)
        connection._auth_methods = [_KEYS]
        vars(connection).update(public_key_auth_requested=login._take_key, send_userauth_request=login._send)
        return login

    def keys_are_used_up(self) -> None:
        """Ask, once, to be let in without one; the answer is also which ways there are."""
        if not self._asked:
            self._asked = True
            self._connection._auth_methods.append(_NOTHING)

    async def _take_key(self) -> asyncssh.SSHKeyPair | None:
        key = await self._next_key()
        self._last_key = None if self._connection._client_keys else key
        return key

    async def _send(
        self, method: bytes, *words: bytes, key: asyncssh.SSHKeyPair | None = None, trivial: bool = True
    ) -> None:
        if method == _KEYS and words[0] == _WOULD_DO and self._last_key is not None:
            words, key, trivial = (_PROVED, *words[1:]), self._last_key, False
        await self._request(method, *words, key=key, trivial=trivial)
