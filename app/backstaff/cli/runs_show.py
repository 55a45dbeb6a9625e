"""`backstaff runs show`."""

import math
import shutil
from pathlib import Path

import click

from backstaff.cli.reading import opened_in_sight, read_in_sight
from backstaff.cli.runs_summary import ShownRun, summary_lines, summary_record
from backstaff.cli.standard_output import StandardOutput
from backstaff.events.journal import SUFFIX, journal_directory
from backstaff.replay.catalogue import find_journal
from backstaff.replay.run_row import is_going_on, verdict_of

_USUAL_WIDTH = 100


@click.command()
@click.argument("run", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else.")
def show(run: str | None, as_json: bool) -> None:
    """Show what a run was, where its time went, how it ended, and why it failed.

    RUN is a run's name or its beginning or end, `last` (the default), `last-failed`, or the path of a
    journal or of a log of Kamal's."""
    shown = shown_run(find_journal(run, journal_directory()))
    output = StandardOutput()
    if as_json:
        output.record(summary_record(shown))
        return
    width = shutil.get_terminal_size((_USUAL_WIDTH, 0)).columns
    for line in summary_lines(shown, width):
        output.line(line)


def shown_run(path: Path) -> ShownRun:
    """Read a run to its end; the index that this makes is kept. Raises `JournalError`."""
    goes_on = is_going_on(path)
    with opened_in_sight(path) as found:
        recording = found.recording
        read_in_sight(recording)
        summary = recording.summary()
        run = summary.started.run if summary.started else ""
        return ShownRun(
            path=path,
            name=run or path.name.removesuffix(SUFFIX),
            verdict=verdict_of(summary, goes_on=goes_on),
            summary=summary,
            board=recording.moment_at(math.inf).board,
            breakdown=recording.breakdown(),
            size=path.stat().st_size,
            is_log=found.journal is None,
            damaged=recording.index.damaged,
        )
