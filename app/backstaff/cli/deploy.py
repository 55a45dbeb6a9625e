"""`backstaff deploy`, `redeploy`, `rollback`."""

from collections.abc import Callable
from typing import TypeVar

import click
from click.core import ParameterSource

from backstaff.cli.lock_options import LockOptions, lock_options
from backstaff.cli.options import CommonOptions, common_options
from backstaff.cli.preparing import BootOptions, boot
from backstaff.cli.process import run_and_exit
from backstaff.config.models import OnFailure
from backstaff.errors import ExitCode
from backstaff.plan.plan import Command

F = TypeVar("F", bound=Callable[..., object])


def image_options(command: F) -> F:
    """Adds the options about the image."""
    command = click.option("--no-cache", is_flag=True, help="Build without the cache.")(command)
    return click.option(
        "-P", "--skip-push", is_flag=True, help="Deploy an image that is in the registry already."
    )(command)


def failure_option(command: F) -> F:
    """Adds the option about the hosts that have switched when others fail."""
    return click.option(
        "--on-failure",
        type=click.Choice([each.value for each in OnFailure]),
        help="When a boot fails: leave the servers that have switched, or take them back"
        " (default: x-backstaff.on_failure, else stop).",
    )(command)


def _on_failure(value: str | None) -> OnFailure | None:
    return OnFailure(value) if value is not None else None


async def _resume(
    common: CommonOptions, options: BootOptions, wanted: str, *, config_given: bool
) -> ExitCode:
    # Reading journals is for those who resume.
    from backstaff.cli.resuming import resume

    return await resume(common, options, wanted, config_given=config_given)


@click.command()
@click.option(
    "--resume",
    metavar="RUN",
    help="Go on with a run that failed or was cut off (see `backstaff runs`): only what is not done.",
)
@failure_option
@image_options
@lock_options
@common_options
def deploy(
    common: CommonOptions,
    lock: LockOptions,
    skip_push: bool,
    no_cache: bool,
    on_failure: str | None,
    resume: str | None,
) -> None:
    """Build the image, push it, and boot it on all servers without downtime."""
    options = BootOptions(
        skip_push=skip_push, no_cache=no_cache, on_failure=_on_failure(on_failure), lock=lock
    )
    source = click.get_current_context().get_parameter_source("config_file")
    config_given = source is ParameterSource.COMMANDLINE
    if resume is not None:
        run_and_exit(lambda: _resume(common, options, resume, config_given=config_given))
    run_and_exit(lambda: boot(common, Command.DEPLOY, options))


@click.command()
@failure_option
@image_options
@lock_options
@common_options
def redeploy(
    common: CommonOptions, lock: LockOptions, skip_push: bool, no_cache: bool, on_failure: str | None
) -> None:
    """Deploy without booting the proxy and without pruning."""
    options = BootOptions(
        skip_push=skip_push, no_cache=no_cache, on_failure=_on_failure(on_failure), lock=lock
    )
    run_and_exit(lambda: boot(common, Command.REDEPLOY, options))


@click.command()
@click.argument("to_version", metavar="[VERSION]", required=False)
@lock_options
@common_options
def rollback(common: CommonOptions, lock: LockOptions, to_version: str | None) -> None:
    """Go back to VERSION, or to the newest older version that every server still has."""
    options = BootOptions(version=to_version, lock=lock)
    run_and_exit(lambda: boot(common, Command.ROLLBACK, options))
