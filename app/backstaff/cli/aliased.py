"""The outermost group of commands, in which a word that is none may be an alias of deploy.yml."""

import sys

import click

from backstaff.cli.lazy import LazyGroup


class AliasedGroup(LazyGroup):
    """A group that looks up in the configuration what it does not know, and only that.

    The process then has the command line that the alias stands for: that is what runs are recorded with, and
    what a retry tells to type."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, by its name or by an alias of it."""
        if ctx.resilient_parsing or args[0] == "help" or self.get_command(ctx, args[0]) is not None:
            return super().resolve_command(ctx, args)
        # Whoever names a command does not wait for this.
        from backstaff.cli.aliases import expanded

        args = expanded(ctx, self, args)
        sys.argv[1:] = args
        return super().resolve_command(ctx, args)
