"""`backstaff version`."""

import click

from backstaff import __version__


@click.command()
def version() -> None:
    """Show the version of Backstaff."""
    click.echo(__version__)
