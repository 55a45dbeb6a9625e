"""Options that commands share, named as Kamal names them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from backstaff.plan.patterns import split_items

USUAL_CONFIG_FILE = Path("config/deploy.yml")
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class CommonOptions:
    """What every command takes. `hosts` and `roles` are patterns; `version` None means git's HEAD."""

    config_file: Path
    destination: str | None
    version: str | None
    hosts: tuple[str, ...]
    roles: tuple[str, ...]
    primary: bool
    skip_hooks: bool
    verbose: bool
    quiet: bool
    no_tui: bool
    json: bool


def _patterns(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return split_items(value or "")


_OPTIONS: Sequence[Callable[[Callable[..., object]], Callable[..., object]]] = (
    click.option("--json", is_flag=True, help="Print one JSON object per line, and nothing else."),
    click.option("--no-tui", is_flag=True, help="Plain lines, also on a terminal."),
    click.option("-q", "--quiet", is_flag=True, help="Print only what failed."),
    click.option("-v", "--verbose", is_flag=True, help="Print commands and containers' output too."),
    click.option("-H", "--skip-hooks", is_flag=True, help="Run no hooks."),
    click.option("-p", "--primary", is_flag=True, help="Only the primary host."),
    click.option(
        "-r", "--roles", callback=_patterns, metavar="ROLES", help="Only these roles: comma list, wildcards."
    ),
    click.option(
        "-h", "--hosts", callback=_patterns, metavar="HOSTS", help="Only these hosts: comma list, wildcards."
    ),
    click.option("--version", metavar="VERSION", help="App version (default: $VERSION, else git's HEAD)."),
    click.option("-d", "--destination", metavar="NAME", help="Merge deploy.NAME.yml over deploy.yml."),
    click.option(
        "-c",
        "--config-file",
        type=click.Path(path_type=Path),
        default=USUAL_CONFIG_FILE,
        show_default=True,
        help="Configuration file.",
    ),
)

_FIELDS = tuple(CommonOptions.__dataclass_fields__)


def common_options(command: Callable[Concatenate[CommonOptions, P], R]) -> Callable[..., R]:
    """Adds the common options to a command and hands them over as one value, the first argument."""

    @wraps(command)
    def with_common(*args: P.args, **kwargs: P.kwargs) -> R:
        common = CommonOptions(**{name: kwargs.pop(name) for name in _FIELDS})  # type: ignore[arg-type]
        return command(common, *args, **kwargs)

    result: Callable[..., R] = with_common
    for option in _OPTIONS:
        result = option(result)  # type: ignore[assignment]
    return result


def token_normalize(name: str) -> str:
    """Long options may be written with underscores, as in Kamal."""
    return name.replace("_", "-")
