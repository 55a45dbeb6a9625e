"""`backstaff runs prune`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from backstaff.cli.amounts import AMOUNT
from backstaff.cli.answers import Answer
from backstaff.cli.runs_words import age_from, read_by, size_from
from backstaff.errors import BackstaffError
from backstaff.events.journal import journal_directory
from backstaff.explain.words import counted, size
from backstaff.replay.prune import KEPT_BYTES, KEPT_FOR, KEPT_RUNS, USUAL_BOUNDS, Bounds, Pruned
from backstaff.replay.prune import prune as prune_runs

_USUAL = f"{KEPT_RUNS} runs, {KEPT_FOR.days} days, {size(KEPT_BYTES)}"


@click.command(epilog=f"Without a bound the usual ones hold, which also follow each run: {_USUAL}.")
@click.option("--keep", type=AMOUNT, metavar="N", help="Keep at most so many runs, the newest.")
@click.option(
    "--older-than",
    callback=read_by(age_from),
    metavar="AGE",
    help="Remove runs that began longer ago: 12h, 30d, 8w.",
)
@click.option(
    "--size",
    "most_bytes",
    callback=read_by(size_from),
    metavar="SIZE",
    help="Keep at most so many bytes, the newest run in any case: 500MB, 2GB.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else.")
def prune(
    keep: int | None, older_than: timedelta | None, most_bytes: int | None, dry_run: bool, as_json: bool
) -> None:
    """Remove recorded runs that are too many, too old or too big; never one that goes on.

    What you want to keep for good, write somewhere else with `backstaff runs export`."""
    bounds = Bounds(keep, older_than, most_bytes)
    directory = journal_directory()
    wanted = USUAL_BOUNDS if bounds == Bounds() else bounds
    pruned = prune_runs(directory, wanted, datetime.now(UTC), dry_run=dry_run)
    _tell(pruned, directory, dry_run=dry_run, as_json=as_json)
    if pruned.troubles:
        raise BackstaffError(
            f"{counted(len(pruned.troubles), 'run')} could not be removed",
            evidence=pruned.troubles,
            fix=f"see who may write to {directory}",
        )


def _tell(pruned: Pruned, directory: Path, *, dry_run: bool, as_json: bool) -> None:
    removed = [file.run for file in pruned.removed]
    answer = Answer(as_json=as_json)
    if as_json:
        answer.sentence("", removed=removed, freed=pruned.freed, dry_run=dry_run)
    else:
        answer.lines([*removed, _sentence(removed, pruned.freed, directory, dry_run=dry_run)])


def _sentence(removed: Sequence[str], freed: int, directory: Path, *, dry_run: bool) -> str:
    if not removed and not freed:
        return f"nothing to remove: the runs in {directory} are within the bounds"
    if dry_run:
        return f"{counted(len(removed), 'run')} would be removed, and {size(freed)} freed"
    return f"removed {counted(len(removed), 'run')}, {size(freed)} freed"
