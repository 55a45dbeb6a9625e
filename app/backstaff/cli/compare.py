"""`backstaff runs compare`."""

from dataclasses import asdict
from pathlib import Path

import click

from backstaff.cli.reading import opened_in_sight, read_in_sight
from backstaff.cli.standard_output import StandardOutput
from backstaff.events.journal import journal_directory
from backstaff.headless.compare_text import compare_lines
from backstaff.replay.breakdown import Breakdown
from backstaff.replay.catalogue import find_journal
from backstaff.replay.compare import AT_LEAST_S, GREW_BY, Compared, Comparison
from backstaff.replay.compare import compare as compared


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else.")
def compare(before: str, after: str, as_json: bool) -> None:
    """Show where run B took longer than run A: by phase, host and role.

    A and B are names of runs, as `backstaff runs` lists them, or files: journals, or logs of Kamal's.
    """
    comparison = compared(_read(before), _read(after))
    output = StandardOutput()
    if as_json:
        output.record(_record(comparison))
        return
    for line in compare_lines(comparison):
        output.line(line)


def _read(wanted: str) -> Breakdown:
    path: Path = find_journal(wanted, journal_directory())
    with opened_in_sight(path) as run:
        read_in_sight(run.recording)
        return run.recording.breakdown()


def _record(comparison: Comparison) -> dict[str, object]:
    rows = ("phases", "hosts", "boots")
    lists = {name: [_row(row) for row in getattr(comparison, name)] for name in rows}
    return {
        **asdict(comparison),
        "total": _row(comparison.total),
        **lists,
        "grew_by": GREW_BY,
        "at_least_s": AT_LEAST_S,
    }


def _row(row: Compared) -> dict[str, object]:
    return {**asdict(row), "more_s": row.more_s, "grew": row.grew}
