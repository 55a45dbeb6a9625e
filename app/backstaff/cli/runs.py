"""`backstaff runs`: the runs that are recorded on this machine."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

import click
from click.core import ParameterSource

from backstaff.cli.amounts import AMOUNT
from backstaff.cli.answers import Answer, Row
from backstaff.cli.lazy import LazyGroup
from backstaff.cli.runs_words import read_by
from backstaff.cli.runs_words import since as since_from
from backstaff.cli.runs_words import until as until_from
from backstaff.errors import UsageError
from backstaff.events.journal import journal_directory
from backstaff.events.width import columns
from backstaff.explain.words import duration
from backstaff.replay.catalogue import runs_in, short_names
from backstaff.replay.run_row import RunRow, Verdict

COMMANDS = {
    "compare": ("backstaff.cli.compare", "compare", "Show two runs side by side, and what took longer"),
    "export": ("backstaff.cli.runs_export", "export", "Write a run into one file, to be opened elsewhere"),
    "prune": ("backstaff.cli.runs_prune", "prune", "Remove runs that are too many, too old or too big"),
    "show": ("backstaff.cli.runs_show", "show", "Show what a run was, how it ended, and why it failed"),
}
USUAL_LINES = 20
_COLUMNS = ("run", "when", "who", "command", "app", "version", "verdict", "took", "cause")
_LONGEST_VERSION = 16
_LEAST_CAUSE = 24


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, invoke_without_command=True)
@click.option("--service", metavar="NAME", help="Only runs of this service.")
@click.option("-d", "--destination", metavar="NAME", help="Only runs for this destination.")
@click.option(
    "--verdict",
    "verdicts",
    multiple=True,
    type=click.Choice([each.value for each in Verdict]),
    help="Only runs that ended so; may be given more than once.",
)
@click.option(
    "--since",
    callback=read_by(since_from),
    metavar="TIME",
    help="Only runs that began after: 2h, 3d, a date, a time.",
)
@click.option("--until", callback=read_by(until_from), metavar="TIME", help="Only runs that began before.")
@click.option(
    "-n",
    "--lines",
    type=AMOUNT,
    default=USUAL_LINES,
    show_default=True,
    help="At most so many runs, the newest; 0 for all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, and nothing else.")
@click.pass_context
def runs(
    ctx: click.Context,
    service: str | None,
    destination: str | None,
    verdicts: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    lines: int,
    as_json: bool,
) -> None:
    """List the runs that are recorded on this machine, newest first; or look at one of them.

    RUN is a run's name or its beginning or end, `last`, `last-failed`, or the path of a journal."""
    if ctx.invoked_subcommand is not None:
        _refuse_options(ctx, ctx.invoked_subcommand)
        return
    directory = journal_directory()
    wanted = (
        row
        for row in runs_in(directory, since, until)
        if (service is None or row.service == service)
        and (destination is None or row.destination == destination)
        and (not verdicts or row.verdict in verdicts)
    )
    filtered = service is not None or destination is not None or verdicts or since or until
    nothing = "no recorded run is like that" if filtered else f"no runs are recorded yet in {directory}"
    shown = list(islice(wanted, lines or None))
    if as_json:
        Answer(as_json=True).table((), [record_of(row) for row in shown], empty="")
        return
    names = short_names(directory)
    Answer(as_json=False).table(_COLUMNS, _table(shown, names), empty=nothing)
    if lines and next(wanted, None) is not None:
        click.echo(f"there are more runs: -n {lines * 5} shows more of them, -n 0 all", err=True)


def record_of(row: RunRow) -> Row:
    """The row as JSON has it: times in UTC, sizes in bytes, nothing cut."""
    return {
        "run": row.run,
        "path": str(row.path),
        "began": row.began.astimezone(UTC).isoformat(),
        "performer": row.performer,
        "command": row.command,
        "service": row.service,
        "destination": row.destination,
        "version": row.version,
        "verdict": row.verdict.value,
        "took_s": round(row.took_s, 3),
        "cause": row.cause,
        "size": row.size,
    }


def _refuse_options(ctx: click.Context, command: str) -> None:
    """Options before a command of the group would be for the list, and would be passed over in silence."""
    for parameter in ctx.command.params:
        given = parameter.name and ctx.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
        if given:
            option = parameter.opts[-1]
            raise UsageError(f"{option} stands before `{command}`", fix=_where(ctx, command, option))


def _where(ctx: click.Context, command: str, option: str) -> str:
    found = ctx.command.get_command(ctx, command) if isinstance(ctx.command, click.Group) else None
    if found is not None and any(option in parameter.opts for parameter in found.params):
        return f"options follow the command: {ctx.command_path} {command} {option} …"
    return f"it is an option of the list, `{ctx.command_path}` without a command"


def _table(rows: Sequence[RunRow], names: Mapping[str, str]) -> list[Row]:
    told = [_told(row, names.get(row.run, row.run)) for row in rows]
    room = _room(told)
    return [{**each, "cause": _cut(each["cause"], room)} for each in told]


def _told(row: RunRow, name: str) -> dict[str, str]:
    return {
        "run": name,
        "when": f"{row.began.astimezone():%Y-%m-%d %H:%M:%S}",
        "who": row.performer,
        "command": row.command,
        "app": f"{row.service} · {row.destination}" if row.destination else row.service,
        "version": _cut(row.version, _LONGEST_VERSION),
        "verdict": row.verdict.value,
        "took": "" if row.verdict is Verdict.UNREADABLE else duration(row.took_s),
        "cause": row.cause,
    }


def _room(told: Sequence[Mapping[str, str]]) -> int:
    """How many columns of the terminal are left for causes; 0, which is no limit, where there is none."""
    width = shutil.get_terminal_size((0, 0)).columns
    if not width:
        return 0
    names = _COLUMNS[:-1]
    taken = sum(2 + max(columns(row[name]) for row in ({name: name}, *told)) for name in names)
    return max(_LEAST_CAUSE, width - taken)


def _cut(text: str, most: int) -> str:
    return text if not most or len(text) <= most else f"{text[: most - 1]}…"
