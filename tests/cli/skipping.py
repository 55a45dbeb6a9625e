"""Commands over hosts in memory without the time in which nothing happens."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from backstaff.simulator.clock import SkippingLoop

T = TypeVar("T")
P = TypeVar("P", bound=asyncio.BaseProtocol)


class _Loop(SkippingLoop):
    """No time is skipped while a program of this machine runs either."""

    async def subprocess_exec(
        self, protocol_factory: Callable[[], P], *args: str, **settings: Any
    ) -> tuple[asyncio.SubprocessTransport, P]:
        self.outside(+1)

        def make() -> P:
            protocol = protocol_factory()
            exited = protocol.process_exited  # type: ignore[attr-defined]

            def note_the_end() -> None:
                self.outside(-1)
                exited()

            protocol.process_exited = note_the_end  # type: ignore[attr-defined]
            return protocol

        try:
            return await super().subprocess_exec(make, *args, **settings)
        except OSError:
            self.outside(-1)
            raise


class SkippingAsyncio:
    """In place of the module, where it is asked for an event loop."""

    @staticmethod
    def run(main: Coroutine[object, object, T]) -> T:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            return runner.run(main)
