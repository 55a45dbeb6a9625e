"""Groups of commands that explain themselves to who types options first, or `help`."""

import shlex
from collections.abc import Sequence

import click

_TAKE_A_VALUE = {"-c", "-d", "-h", "-r", "--config-file", "--destination", "--hosts", "--roles", "--version"}


class CommandGroup(click.Group):
    """A group whose options all follow the command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; an option before the command is an error that shows where it belongs."""
        given = tuple(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.possibilities:
                raise
            raise click.UsageError(self._where_options_go(ctx, given, error.option_name), ctx) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; `help` is none, but what is wanted is clear."""
        if args[0] == "help" and self.get_command(ctx, "help") is None:
            wanted = shlex.join([*ctx.command_path.split(), *args[1:], "--help"])
            raise click.UsageError(f"There is no command `help`; help is an option: {wanted}", ctx)
        return super().resolve_command(ctx, args)

    def _where_options_go(self, ctx: click.Context, args: Sequence[str], option: str) -> str:
        start = self._command_at(ctx, args)
        if start is None:
            hint = f"; for help: {ctx.command_path} --help" if option == "-h" else ""
            return f"Option {option} needs a command before it: {ctx.command_path} COMMAND {option} …{hint}"
        end = start + len(self._path(ctx, args[start:]))
        words = [*ctx.command_path.split(), *args[start:end], *args[:start], *args[end:]]
        return f"Option {option} stands before the command; options follow it: {shlex.join(words)}"

    def _command_at(self, ctx: click.Context, args: Sequence[str]) -> int | None:
        """The place of the first word that is a command and no option's value."""
        names = self.list_commands(ctx)
        for place, word in enumerate(args):
            if word in names and (place == 0 or args[place - 1] not in _TAKE_A_VALUE):
                return place
        return None

    def _path(self, ctx: click.Context, words: Sequence[str]) -> list[str]:
        """The words that name a command, which may be one of a group in this group."""
        found = self.get_command(ctx, words[0])
        inner = words[1:2]
        if isinstance(found, click.Group) and inner and inner[0] in found.list_commands(ctx):
            return [words[0], inner[0]]
        return [words[0]]
