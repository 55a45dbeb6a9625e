"""After the boot: the latest tag, and the removal of what is too old to keep."""

from collections.abc import Sequence

from backstaff.config.models import Config, Role
from backstaff.engine.audit import AuditTrail
from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.together import at_once
from backstaff.errors import BackstaffError
from backstaff.events.types import Notice
from backstaff.explain.words import counted
from backstaff.hosts.protocol import ContainerSummary, Image
from backstaff.kamal.assets import clean_assets
from backstaff.kamal.audit import PRUNED_CONTAINERS, PRUNED_IMAGES, append_audit, tagging
from backstaff.kamal.error_pages import clean_error_pages
from backstaff.kamal.names import latest_image
from backstaff.kamal.prune import any_untagged, choose
from backstaff.kamal.script import script


async def tag_and_prune(
    run: RunContext, host: GuardedHost, audit: AuditTrail, *, tags: bool, prunes: bool
) -> None:
    """Both at once, for neither needs the other; what they have done is noted in the order of Kamal's log."""
    tagged: list[str] = []
    pruned: list[str] = []
    jobs = [_tag_latest(run, host, tagged)] if tags else []
    jobs += [_prune(run, host, pruned)] if prunes else []
    try:
        await at_once(*jobs)
    finally:
        for line in (*tagged, *pruned):
            audit.note(host.name, line)


async def _tag_latest(run: RunContext, host: GuardedHost, done: list[str]) -> None:
    """Tag the version's image as the latest one of this destination."""
    config = run.config
    image = config.absolute_image(run.version)
    with run.report.step("tag as latest", host.name, detail=latest_image(config)):
        await host.docker.tag(image, config.repository, config.latest_tag)
    done.append(tagging(image))


async def tidy(run: RunContext, host: GuardedHost, roles: Sequence[Role], audit: AuditTrail) -> None:
    """Remove assets and error pages that only older versions used, and write the pending audit lines with
    it."""
    commands: list[str] = []
    for role in roles:
        if role.asset_path is not None:
            commands += clean_assets(run.config, role.name, run.version)
    if run.config.error_pages_path and any(role.proxied for role in roles):
        commands.append(clean_error_pages(run.config, run.version))
    if not commands:
        # Pending audit lines are written when the run has come to its end, beside what is done then anyway.
        return
    if lines := audit.take(host.name):
        commands.insert(0, append_audit(run.config, lines))
    try:
        with run.report.step("tidy up", host.name):
            await host.run(script(commands), "write the audit log, remove old assets and error pages")
    except BackstaffError as error:
        text = f"tidying up did not finish: {error.what}"
        run.stream.emit(Notice(level="warning", host=host.name, text=text))


async def _prune(run: RunContext, host: GuardedHost, done: list[str]) -> None:
    """Remove old containers, then the images that no container needs. The new version serves already, so
    whatever fails here is told as a warning."""
    try:
        with run.report.step("prune", host.name) as note:
            note.detail = await _remove_old(run.config, host)
        done += [PRUNED_CONTAINERS, PRUNED_IMAGES]
    except BackstaffError as error:
        text = f"pruning did not finish: {error.what}"
        run.stream.emit(Notice(level="warning", host=host.name, text=text))


async def _remove_old(config: Config, host: GuardedHost) -> str:
    docker, labels = host.docker, {"service": config.service}
    containers: list[ContainerSummary] = []
    images: list[Image] = []

    async def list_containers() -> None:
        containers.extend(await docker.containers(labels))

    async def list_images() -> None:
        images.extend(await docker.images(labels))

    await at_once(list_containers(), list_images())
    choice = choose(config, containers, images)
    await at_once(*(docker.remove(container) for container in choice.containers))
    dangling: list[int] = []

    async def prune_dangling() -> None:
        dangling.append(await docker.prune_dangling_images(labels))

    prunes = (prune_dangling(),) if any_untagged(config, images, choice) else ()
    await at_once(*(docker.untag(tag) for tag in choice.tags), *prunes)
    containers_gone, images_gone = len(choice.containers), len(choice.tags) + sum(dangling)
    return f"{counted(containers_gone, 'container')} and {counted(images_gone, 'image')} removed"
