"""`backstaff deploy`, `redeploy`, `rollback`."""

import click

from backstaff.cli.booting import BootOptions, boot, lock_options, patience_of
from backstaff.cli.options import CommonOptions, common_options
from backstaff.cli.project import open_project
from backstaff.cli.running import run_and_exit
from backstaff.plan.plan import Command


@click.command()
@click.option("-P", "--skip-push", is_flag=True, help="Deploy an image that is in the registry already.")
@click.option("--no-cache", is_flag=True, help="Build without the cache.")
@lock_options
@common_options
def deploy(
    common: CommonOptions,
    skip_push: bool,
    no_cache: bool,
    lock_wait: bool,
    lock_wait_timeout: float,
    lock_wait_interval: float,
) -> None:
    """Build the image, push it, and boot it on all servers without downtime."""
    patience = patience_of(lock_wait, lock_wait_timeout, lock_wait_interval)
    options = BootOptions(skip_push=skip_push, no_cache=no_cache, patience=patience)
    run_and_exit(lambda: boot(common, open_project(common), Command.DEPLOY, options))


@click.command()
@click.option("-P", "--skip-push", is_flag=True, help="Deploy an image that is in the registry already.")
@click.option("--no-cache", is_flag=True, help="Build without the cache.")
@lock_options
@common_options
def redeploy(
    common: CommonOptions,
    skip_push: bool,
    no_cache: bool,
    lock_wait: bool,
    lock_wait_timeout: float,
    lock_wait_interval: float,
) -> None:
    """Deploy without booting the proxy and without pruning."""
    patience = patience_of(lock_wait, lock_wait_timeout, lock_wait_interval)
    options = BootOptions(skip_push=skip_push, no_cache=no_cache, patience=patience)
    run_and_exit(lambda: boot(common, open_project(common), Command.REDEPLOY, options))


@click.command()
@click.argument("to_version", metavar="[VERSION]", required=False)
@lock_options
@common_options
def rollback(
    common: CommonOptions,
    to_version: str | None,
    lock_wait: bool,
    lock_wait_timeout: float,
    lock_wait_interval: float,
) -> None:
    """Go back to VERSION, or to the newest older version that every server still has."""
    patience = patience_of(lock_wait, lock_wait_timeout, lock_wait_interval)
    options = BootOptions(patience=patience, version=to_version or common.version)
    run_and_exit(lambda: boot(common, open_project(common), Command.ROLLBACK, options))
