"""Backstaff's own settings, under the root key `x-backstaff`, which Kamal ignores."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from backstaff.config.models.numbers import Duration
from backstaff.config.models.values import Section, as_mapping, refuse


class UnknownHosts(StrEnum):
    """What to do about a host key that known_hosts does not have. A changed key is always refused."""

    REFUSE = "refuse"
    ACCEPT_NEW = "accept-new"


class OnFailure(StrEnum):
    """What becomes of the hosts that have switched already when the boot of others fails."""

    STOP = "stop"
    ROLLBACK = "rollback"


class Timeouts(Section):
    """Deadlines that Kamal has no setting for, all in seconds.

    `connect`: one SSH login. `silence`: an SSH connection that no longer answers keepalives.
    `docker`: the Docker daemon does not answer. `command`: a short command on a host or a local one such
    as git. `build_silence` and `pull_silence`: no progress of a build, push or pull. `lock`: how long to
    wait for somebody else's deploy lock when waiting was asked for. `release`: giving our lock back at
    the end. `hook`: one hook. `secret`: one command in a secrets file. `start`: a container's start.
    `stop_grace` and `proxy_grace`: what is granted beyond Docker's own stop timeout and beyond the proxy's
    deploy and drain timeouts.
    """

    connect: Duration = 15.0
    silence: Duration = 20.0
    docker: Duration = 20.0
    command: Duration = 60.0
    build_silence: Duration = 900.0
    pull_silence: Duration = 120.0
    lock: Duration = 900.0
    release: Duration = 15.0
    hook: Duration = 900.0
    secret: Duration = 60.0
    start: Duration = 60.0
    stop_grace: Duration = 30.0
    proxy_grace: Duration = 15.0


def _unknown_hosts(value: object) -> UnknownHosts:
    if isinstance(value, str) and value in list(UnknownHosts):
        return UnknownHosts(value)
    raise refuse("should be refuse or accept-new")


def _on_failure(value: object) -> OnFailure:
    if isinstance(value, str) and value in list(OnFailure):
        return OnFailure(value)
    raise refuse("should be stop or rollback")


class BackstaffSettings(Section):
    """The `x-backstaff` section with defaults applied. `on_failure` is for deploys and redeploys."""

    unknown_hosts: Annotated[UnknownHosts, BeforeValidator(_unknown_hosts)] = UnknownHosts.ACCEPT_NEW
    on_failure: Annotated[OnFailure, BeforeValidator(_on_failure)] = OnFailure.STOP
    timeouts: Annotated[Timeouts, BeforeValidator(as_mapping)] = Field(default_factory=Timeouts)
