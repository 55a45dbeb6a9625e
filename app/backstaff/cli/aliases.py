"""What an alias of deploy.yml stands for. Cheap to import: most words that are no command are misspelt."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backstaff.cli.options import USUAL_CONFIG_FILE, token_normalize
from backstaff.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from backstaff.config.aliases import Alias

_WITH_VALUES = (
    ["-h", "--hosts"],
    ["-r", "--roles"],
    ["-g", "--grep"],
    ["-n", "--lines"],
    ["-s", "--since"],
    ["-m", "--message"],
    ["--version"],
)
_OWN_OPTIONS = {"--json", "--no-tui"}
_OPTIONS = click.Command(
    "alias",
    params=[
        click.Option(["-c", "--config-file"], type=click.Path(path_type=Path)),
        click.Option(["-d", "--destination"]),
        # What follows these is theirs, whatever it looks like.
        *(click.Option(names) for names in _WITH_VALUES),
    ],
    add_help_option=False,
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "token_normalize_func": token_normalize,
    },
)
"""The options that say which configuration has the alias, among any others."""


def expanded(ctx: click.Context, commands: click.Group, words: Sequence[str]) -> list[str]:
    """The command line that `words` stand for, of which the first is none of the `commands`.

    Raises `UsageError`, or click's for a word that is no alias either."""
    name, *more = words
    known = commands.list_commands(ctx)
    aliases = _aliases(ctx, name, more, known)
    alias = aliases.get(name)
    if alias is None:
        raise click.UsageError(f"No such command {name!r}.{_meant(name, [*known, *aliases])}", ctx)
    line = [*_split(name, alias), *more]
    what = _objection(ctx, commands, line, aliases, name)
    if what:
        raise UsageError(
            f"the alias {name} stands for `{alias.line}`, {what}",
            where=str(alias.place),
            fix=_way_out(ctx, commands, line, words),
        )
    return line


def _aliases(
    ctx: click.Context, name: str, options: Sequence[str], known: Iterable[str]
) -> "Mapping[str, Alias]":
    """The aliases of the configuration that the options name; none where there is no configuration."""
    try:
        given = _OPTIONS.make_context("alias", list(options)).params
    except click.UsageError as error:
        raise click.UsageError(error.format_message(), ctx) from error
    file, destination = given["config_file"], given["destination"]
    if file is None and not USUAL_CONFIG_FILE.exists():
        return {}
    from backstaff.config.aliases import load_aliases

    try:
        return load_aliases(file or USUAL_CONFIG_FILE, destination)
    except ConfigError as error:
        hint = _meant(name, known)
        raise UsageError(
            f"there is no command {name}, and whether it is an alias can not be told{hint and '.'}{hint}",
            evidence=[str(issue) for issue in error.issues],
            fix="correct the configuration",
        ) from error


def _split(name: str, alias: "Alias") -> list[str]:
    """The words of an alias, as a shell takes them apart."""
    try:
        words = shlex.split(alias.line)
    except ValueError as error:
        raise UsageError(
            f"the alias {name} is no command line: {error}",
            where=str(alias.place),
            evidence=[alias.line],
            fix="close its quotes",
        ) from error
    if not words:
        raise UsageError(f"the alias {name} stands for nothing", where=str(alias.place))
    return words


def _objection(
    ctx: click.Context, commands: click.Group, line: Sequence[str], aliases: "Mapping[str, Alias]", name: str
) -> str:
    """Why a line can not be run; empty if it names a command."""
    first, *more = line
    command = commands.get_command(ctx, first)
    if command is None:
        if first == name:
            return "which is the alias itself"
        if first in aliases:
            return "which is an alias too; an alias of an alias is not looked up"
        if first.startswith("-"):
            return "which begins with an option; options follow the command"
        return f"and Backstaff has no command `{first}`"
    if isinstance(command, click.Group) and more and not more[0].startswith("-"):
        inner = command.get_command(ctx, more[0])
        return "" if inner is not None else f"and Backstaff has no command `{first} {more[0]}`"
    return ""


def _way_out(ctx: click.Context, commands: click.Group, line: Sequence[str], words: Sequence[str]) -> str:
    """What to do about an alias that can not be run."""
    from backstaff.config.schema.aliases import KAMALS_COMMANDS

    first, *more = line
    group = commands.get_command(ctx, first)
    if isinstance(group, click.Group) and more:
        close = get_close_matches(more[0], group.list_commands(ctx), n=1)
        if close:
            return f"write `{first} {close[0]}` if that is meant"
    if first in KAMALS_COMMANDS:
        return f"`{shlex.join(['kamal', *(each for each in words if each not in _OWN_OPTIONS)])}` runs it"
    return "write out the command that is meant, without the program's name"


def _meant(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
