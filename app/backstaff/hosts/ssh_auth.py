"""A login in as few round trips as it takes, where it is plain what it takes.

asyncssh asks a server whether it may log in, which ways to do that there are, whether a key would do, and
then proves that it has that key: four round trips. With one key that signs by itself, the questions are
spared: the proof follows on the first of them at once, as RFC 4253 allows after the server has proved who it
is (section 10), and servers read one after the other. Who has an agent, a key in hardware, several keys, or
ways of his own in a certain order logs in as always: there a signature may ask something of a person, or an
answer decides what comes next. A short login that is refused, or that a server ends before it has allowed
one, is tried again as always.
"""

from collections.abc import Sequence

import asyncssh

_KNOWN = ("2.22.", "2.23.", "2.24.")
"""Versions of asyncssh whose insides are those used here; it has no setting for this. With any other one,
logins take as long as they always have."""
_KEYS = b"publickey"
_WOULD_DO, _PROVED = b"\0", b"\1"
"""The first word of a request with a key: whether it only asks, or has the signature with it."""


def can_be_short(options: asyncssh.SSHClientConnectionOptions) -> bool:
    """Whether a login with these settings is a plain one with one key."""
    keys = options.client_keys or ()
    others = options.agent_path or options.pkcs11_provider or options.preferred_auth
    plain = len(keys) == 1 and not keys[0].use_executor and not others
    return plain and options.public_key_auth and asyncssh.__version__.startswith(_KNOWN)


class ShortLogin:
    """Proves the key of one connection at once. To be made when the transport is up."""

    def __init__(self, connection: asyncssh.SSHClientConnection) -> None:
        self._connection = connection
        self._next_key = connection.public_key_auth_requested
        self._request = connection.send_userauth_request
        self._ask_for_service = connection.send_service_request
        self._key: asyncssh.SSHKeyPair | None = None
        self._hurried = self._allowed = False
        vars(connection).update(
            send_service_request=self._ask_and_begin,
            public_key_auth_requested=self._take_key,
            send_userauth_request=self._send,
        )

    @property
    def hurried(self) -> bool:
        """Whether the proof is on its way, and the server has not yet said that it may come."""
        return self._hurried and not self._allowed

    def begin(self) -> None:
        """To be called when the server has allowed the login, and asyncssh is about to ask for the ways."""
        self._allowed = True
        if self._hurried:
            vars(self._connection)["try_next_auth"] = self._pass_over
        else:
            self._connection._auth_methods = [_KEYS]

    def _ask_and_begin(self, service: bytes) -> None:
        """Ask whether it may be logged in, and do it. The keys are exchanged, and the server's is judged."""
        self._ask_for_service(service)
        if _signs_in_one_way(self._connection._client_keys):
            self._hurried = True
            self._connection._auth_methods = [_KEYS]
            self._connection.try_next_auth()

    def _pass_over(self) -> None:
        """asyncssh would begin what is on its way."""
        del vars(self._connection)["try_next_auth"]

    async def _take_key(self) -> asyncssh.SSHKeyPair | None:
        self._key = await self._next_key()
        return self._key

    async def _send(
        self, method: bytes, *words: bytes, key: asyncssh.SSHKeyPair | None = None, trivial: bool = True
    ) -> None:
        if method != _KEYS or words[0] != _WOULD_DO or self._key is None:
            await self._request(method, *words, key=key, trivial=trivial)
            return
        try:
            await self._request(method, _PROVED, *words[1:], key=self._key, trivial=False)
        except ValueError:
            # The key can not sign, as asyncssh takes it where it has asked before.
            self._connection.try_next_auth()


def _signs_in_one_way(keys: Sequence[asyncssh.SSHKeyPair]) -> bool:
    """Whether nothing that the server is yet to tell decides how it signs. With RSA, that is the hash."""
    return all(len(key.sig_algorithms) == 1 for key in keys)
