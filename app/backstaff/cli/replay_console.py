"""The console over a recorded run, opened and closed."""

from functools import partial
from pathlib import Path

from backstaff.cli.console_trouble import keep_traceback
from backstaff.cli.in_console import on_terminal
from backstaff.cli.journal_copy import copy_journal
from backstaff.cli.signals import handled
from backstaff.console.replay_app import Begin, ReplayConsole
from backstaff.errors import ExitCode
from backstaff.events.redact import Redactor
from backstaff.replay.opened import OpenedRun
from backstaff.replay.player import Player


class _Closing:
    """A signal closes the console; the terminal is given back first."""

    def __init__(self, console: ReplayConsole) -> None:
        self.code: ExitCode | None = None
        self._console = console

    def request(self, code: ExitCode) -> None:
        """A signal came."""
        self.code = self.code or code
        self._console.exit()


async def show_replay(run: OpenedRun, t: float | None, speed: float | None) -> ExitCode:
    """Show a run until the console is closed: from its end; with `t` (seconds into it) from there; with
    `speed` playing, from the beginning unless `t` says otherwise."""
    journal = run.journal
    plays = speed is not None
    begin = Begin(0.0 if plays and t is None else t, plays, speed or 1.0)
    player = Player(run.recording, run.goes_on)
    export = partial(copy_journal, journal, Path.cwd()) if journal else None
    console = ReplayConsole(player, begin, title="replay", export=export)
    closing = _Closing(console)
    with handled(closing):
        trouble = await on_terminal(console)
    if trouble is not None:
        kept = keep_traceback(trouble, Redactor([]))
        print(f"the console broke ({kept.what}); {kept.where}")
        return ExitCode.FAILED
    return closing.code or ExitCode.DONE
