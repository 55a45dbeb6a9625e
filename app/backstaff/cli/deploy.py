"""`backstaff deploy`, `redeploy`, `rollback`."""

from collections.abc import Callable
from typing import TypeVar

import click

from backstaff.cli.booting import BootOptions, boot
from backstaff.cli.lock_options import LockOptions, lock_options
from backstaff.cli.options import CommonOptions, common_options
from backstaff.cli.running import run_and_exit
from backstaff.plan.plan import Command

F = TypeVar("F", bound=Callable[..., object])


def image_options(command: F) -> F:
    """Adds the options about the image."""
    command = click.option("--no-cache", is_flag=True, help="Build without the cache.")(command)
    return click.option(
        "-P", "--skip-push", is_flag=True, help="Deploy an image that is in the registry already."
    )(command)


@click.command()
@image_options
@lock_options
@common_options
def deploy(common: CommonOptions, lock: LockOptions, skip_push: bool, no_cache: bool) -> None:
    """Build the image, push it, and boot it on all servers without downtime."""
    options = BootOptions(skip_push=skip_push, no_cache=no_cache, lock=lock)
    run_and_exit(lambda: boot(common, Command.DEPLOY, options))


@click.command()
@image_options
@lock_options
@common_options
def redeploy(common: CommonOptions, lock: LockOptions, skip_push: bool, no_cache: bool) -> None:
    """Deploy without booting the proxy and without pruning."""
    options = BootOptions(skip_push=skip_push, no_cache=no_cache, lock=lock)
    run_and_exit(lambda: boot(common, Command.REDEPLOY, options))


@click.command()
@click.argument("to_version", metavar="[VERSION]", required=False)
@lock_options
@common_options
def rollback(common: CommonOptions, lock: LockOptions, to_version: str | None) -> None:
    """Go back to VERSION, or to the newest older version that every server still has."""
    options = BootOptions(version=to_version, lock=lock)
    run_and_exit(lambda: boot(common, Command.ROLLBACK, options))
