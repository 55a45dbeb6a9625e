"""For a real terminal: the console over a run that never ends, whose shell is the command line given.

It notes in the current directory how many lines the run has told, and whether it was cancelled."""

import asyncio
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from backstaff.console.app import Console
from backstaff.console.session import Stage
from backstaff.errors import ExitCode
from backstaff.events.types import Output
from tests.console.showing import Scripted
from tests.events.builders import a_stuck_barrier

TOLD, CANCELLED = Path("told"), Path("cancelled")
EVERY_S = 0.05


class Endless(Scripted):
    """Goes on telling lines, one after the other."""

    async def play(self, stage: Stage) -> ExitCode:
        sink = stage.new_run(self.info)
        events = list(self.events)
        for event in events:
            sink(event)
        last = events[-1]
        for number in count(1):
            body = Output(source="container", text=f"line {number} of the run", host="h1", role="web")
            sink(last.model_copy(update={"seq": last.seq + number, "body": body}))
            _note(TOLD, str(number))
            await asyncio.sleep(EVERY_S)
        return ExitCode.DONE

    def cancel(self) -> None:
        _note(CANCELLED, "yes")

    def shell(self, host: str, container: str) -> Sequence[str]:
        return sys.argv[1:]


def _note(file: Path, text: str) -> None:
    """Write it whole: somebody reads it at any time."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


if __name__ == "__main__":
    Console(Endless(a_stuck_barrier().events)).run()
