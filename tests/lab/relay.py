"""A TCP relay that delays each direction: the distance to a host, run as a program in a lab's hub.

Arguments: address and port to listen on, address and port to relay to, milliseconds one way.
"""

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass

_CHUNK_BYTES = 65536
_END = b""


@dataclass(frozen=True)
class Relay:
    """Passes bytes on `one_way_s` seconds after they came, in order, however many are on their way."""

    address: str
    port: int
    one_way_s: float

    async def serve(self, listen_address: str, listen_port: int) -> None:
        """Relay until cancelled."""
        async with await self.listen(listen_address, listen_port) as server:
            await server.serve_forever()

    async def listen(self, listen_address: str, listen_port: int) -> asyncio.Server:
        """Begin to relay; port 0 is a free one. Closing the server leaves the connections that there are."""
        return await asyncio.start_server(self._connected, listen_address, listen_port)

    async def _connected(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            # The handshake that the client had with the relay at once takes a round trip over a distance.
            await asyncio.sleep(2 * self.one_way_s)
            far_in, far_out = await asyncio.open_connection(self.address, self.port)
            try:
                async with asyncio.TaskGroup() as directions:
                    directions.create_task(self._pass_on(near_in, far_out))
                    directions.create_task(self._pass_on(far_in, near_out))
            finally:
                far_out.close()
        near_out.close()

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        travelling: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        async with asyncio.TaskGroup() as ends:
            ends.create_task(self._depart(source, travelling))
            ends.create_task(self._arrive(travelling, sink))

    async def _depart(
        self, source: asyncio.StreamReader, travelling: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        clock = asyncio.get_running_loop()
        chunk = None
        while chunk != _END:
            try:
                chunk = await source.read(_CHUNK_BYTES)
            except OSError:
                chunk = _END
            travelling.put_nowait((clock.time() + self.one_way_s, chunk))

    async def _arrive(
        self, travelling: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter
    ) -> None:
        clock = asyncio.get_running_loop()
        with suppress(OSError):
            while True:
                due, chunk = await travelling.get()
                await asyncio.sleep(due - clock.time())
                if chunk == _END:
                    break
                sink.write(chunk)
                await sink.drain()
            sink.write_eof()


def main(listen_address: str, listen_port: str, address: str, port: str, one_way_ms: str) -> None:
    """Run the relay of the command line."""
    relay = Relay(address, int(port), float(one_way_ms) / 1000)
    asyncio.run(relay.serve(listen_address, int(listen_port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
