"""The image of the run's version, on every host that needs it."""

import re
from collections.abc import Sequence

from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.together import on_each
from backstaff.engine.waits import Ongoing, Wait
from backstaff.errors import BackstaffError, DockerFailed, Doomed, RemoteError
from backstaff.events.facts import PairState, WaitKind
from backstaff.events.types import PairChanged, Progress
from backstaff.explain.docker_errors import pull_doom, registry_trouble
from backstaff.hosts.protocol import PullProgress, RegistryAuth
from backstaff.kamal.registry import auth_server, check_service_label, credential_text
from backstaff.plan.plan import Plan

PROGRESS_EVERY_S = 0.25


async def pull_everywhere(run: RunContext, plan: Plan, hosts: Sequence[GuardedHost]) -> None:
    """Pull on `hosts` of a plan at once; the first failure is raised after all have ended."""
    auth = registry_auth(run)
    await on_each(hosts, lambda host: _pull(run, plan, host, auth))


def registry_auth(run: RunContext) -> RegistryAuth | None:
    """Credentials for pulls, None for a registry without."""
    registry, secrets = run.config.registry, run.revealed
    username = credential_text(registry.username, secrets)
    password = credential_text(registry.password, secrets)
    if not username and not password:
        return None
    return RegistryAuth(server=auth_server(registry), username=username, password=password)


async def _pull(run: RunContext, plan: Plan, host: GuardedHost, auth: RegistryAuth | None) -> None:
    image = run.config.absolute_image(run.version)
    for role in plan.roles_to_boot(host.name):
        run.stream.emit(PairChanged(host=host.name, role=role, state=PairState.PULLING))
    wait = Wait(
        WaitKind.PULL,
        f"pull {image}",
        f"the registry and the Docker Engine on {host.name}",
        run.timeouts.pull_silence,
        host.name,
        silence=True,
    )

    async def pull(ongoing: Ongoing) -> None:
        told_at = float("-inf")
        last: PullProgress | None = None
        async for progress in host.docker.pull(image, auth):
            if progress != last:
                ongoing.alive()
            last = progress
            if run.clock.now() - told_at >= PROGRESS_EVERY_S:
                told_at = run.clock.now()
                _tell(run, host.name, progress)
        if last is not None:
            _tell(run, host.name, last)

    with run.report.step("pull", host.name, detail=image) as note:
        try:
            await host.caller.call(f"docker pull {image}", wait, pull, mutates=True)
        except DockerFailed as error:
            raise _explained(error, host.name, image) from error
        note.detail = image


def _explained(error: DockerFailed, host: str, image: str) -> BackstaffError:
    """The same failure with what the registry's words mean, where that is known, and of which image."""
    doom = pull_doom(error.what)
    if doom is None:
        trouble = registry_trouble(error.what)
        if trouble is None:
            return error
        return RemoteError(trouble.reason, where=host, evidence=[error.what], fix=trouble.advice)
    reason = re.sub(r"^the image(?= )", f"the image {image}", doom.reason)
    return Doomed(reason, where=host, evidence=[error.what], fix=doom.advice)


def _tell(run: RunContext, host: str, progress: PullProgress) -> None:
    run.stream.emit(
        Progress(
            subject="pull", host=host, current=progress.current, total=progress.total, text=progress.status
        )
    )


async def check_label(run: RunContext, host: GuardedHost, image: str) -> None:
    """Raise unless the image is there and carries the service's label, which pruning relies on."""
    found = await host.docker.image(image)
    if found is None:
        raise RemoteError(
            f"image {image} is not on the host",
            where=host.name,
            fix="push it and deploy without --skip-push, or give --version a version that exists",
        )
    check_service_label(run.config, run.version, found.labels, where=host.name)
