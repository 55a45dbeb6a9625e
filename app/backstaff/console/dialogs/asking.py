"""Asking the operator from outside of the console's own message handling."""

import asyncio
from typing import Generic, TypeVar

from textual.app import App

from backstaff.console.dialogs.dialog import Dialog

T = TypeVar("T")
ReturnT = TypeVar("ReturnT")


class Asking(Generic[ReturnT]):
    """Shows one dialog at a time: further questions wait for their turn."""

    def __init__(self, app: App[ReturnT]) -> None:
        self._app = app
        self._turn = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether a dialog is shown."""
        return self._turn.locked()

    async def ask(self, dialog: Dialog[T]) -> T:
        """Show the dialog and return its result. When this is cancelled the dialog goes away."""
        async with self._turn:
            answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

            def answered(result: T | None) -> None:
                if result is not None and not answer.done():
                    answer.set_result(result)

            try:
                await self._app.push_screen(dialog, answered)
                return await answer
            finally:
                if not answer.done() or answer.cancelled():
                    dialog.withdraw()
