"""`backstaff version`."""

import click

from backstaff import __version__
from backstaff.cli.standard_output import StandardOutput


@click.command()
def version() -> None:
    """Show the version of Backstaff."""
    StandardOutput().line(__version__)
