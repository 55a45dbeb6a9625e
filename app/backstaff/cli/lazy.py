"""A command group that imports a command only when it is used, so that the tool starts at once."""

from collections.abc import Mapping
from importlib import import_module

import click

from backstaff.cli.groups import CommandGroup

Lazy = tuple[str, str, str]
"""Where a command lives (module, name) and its one-line help."""


class LazyGroup(CommandGroup):
    """A group of commands by name. `--skip_push` means `--skip-push`, as in Kamal."""

    def __init__(
        self, *args: object, commands_by_name: Mapping[str, Lazy] | None = None, **settings: object
    ) -> None:
        super().__init__(*args, **settings)  # type: ignore[arg-type]
        self._lazy = dict(commands_by_name or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted({*self._lazy, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        module, name, _ = self._lazy[cmd_name]
        command = getattr(import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the one-line helps, without importing any of them."""
        if not self._lazy:
            super().format_commands(ctx, formatter)
            return
        rows = [(name, self._lazy[name][2]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
