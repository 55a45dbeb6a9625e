"""A forwarded connection to the Docker socket, carried from its SSH channel to aiohttp without a socket."""

import asyncio
from typing import cast

import asyncssh
from aiohttp.web_server import Server

from backstaff.simulator.api_host import HOST, ApiHost


class ApiSession(asyncssh.SSHUNIXSession[bytes]):
    """One connection: what comes over the channel goes into an HTTP protocol of aiohttp's."""

    def __init__(self, server: Server, host: ApiHost) -> None:
        self._protocol = cast(asyncio.Protocol, server())
        self._host = host
        self._ended = False
        self._transport: _ChannelTransport | None = None

    def connection_made(self, chan: asyncssh.SSHUNIXChannel[bytes]) -> None:
        """The channel is there."""
        self._transport = _ChannelTransport(chan, self._host)

    def session_started(self) -> None:
        """It is open in both directions."""
        if self._transport is not None:
            self._protocol.connection_made(self._transport)

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:  # noqa: ARG002 (asyncssh's)
        """The client sent something."""
        self._protocol.data_received(data)

    def eof_received(self) -> bool:
        """The client has nothing more to say: as with a socket, that ends the connection for aiohttp at once,
        not only when the other side of the channel has closed too."""
        self._end(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel is gone."""
        self._end(exc)

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        self._protocol.resume_writing()

    def _end(self, exc: Exception | None) -> None:
        if not self._ended:
            self._ended = True
            self._protocol.connection_lost(exc)


class _ChannelTransport(asyncio.Transport):
    """An SSH channel in the shape of a transport."""

    def __init__(self, chan: asyncssh.SSHUNIXChannel[bytes], host: ApiHost) -> None:
        super().__init__({HOST: host, "peername": ""})
        self._chan = chan

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send."""
        if not self._chan.is_closing():
            self._chan.write(bytes(data))

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self._chan.is_closing()

    def close(self) -> None:
        """Close once everything is sent."""
        self._chan.close()

    def abort(self) -> None:
        """Close now."""
        self._chan.abort()

    def pause_reading(self) -> None:
        """Take nothing for a while."""
        self._chan.pause_reading()

    def resume_reading(self) -> None:
        """Go on."""
        self._chan.resume_reading()
