"""After the boot: the latest tag, and the removal of what is too old to keep."""

from collections.abc import Sequence

from backstaff.config.models import Config, Role
from backstaff.engine.audit import AuditTrail
from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.errors import BackstaffError
from backstaff.events.types import Notice
from backstaff.explain.words import counted
from backstaff.kamal.assets import clean_assets
from backstaff.kamal.audit import PRUNED_CONTAINERS, PRUNED_IMAGES, append_audit, tagging
from backstaff.kamal.error_pages import clean_error_pages
from backstaff.kamal.names import latest_image
from backstaff.kamal.prune import choose
from backstaff.kamal.script import script


async def tag_latest(run: RunContext, host: GuardedHost, audit: AuditTrail) -> None:
    """Tag the version's image as the latest one of this destination."""
    config = run.config
    image = config.absolute_image(run.version)
    with run.report.step("tag as latest", host.name, detail=latest_image(config)):
        await host.docker.tag(image, config.repository, config.latest_tag)
    audit.note(host.name, tagging(image))


async def tidy(run: RunContext, host: GuardedHost, roles: Sequence[Role], audit: AuditTrail) -> None:
    """Write the pending audit lines, and remove assets and error pages that only older versions used."""
    lines = audit.take(host.name)
    commands = [append_audit(run.config, lines)] if lines else []
    for role in roles:
        if role.asset_path is not None:
            commands += clean_assets(run.config, role.name, run.version)
    if run.config.error_pages_path and any(role.proxied for role in roles):
        commands.append(clean_error_pages(run.config, run.version))
    if not commands:
        return
    try:
        with run.report.step("tidy up", host.name):
            await host.run(script(commands), "write the audit log, remove old assets and error pages")
    except BackstaffError as error:
        text = f"tidying up did not finish: {error.what}"
        run.stream.emit(Notice(level="warning", host=host.name, text=text))


async def prune(run: RunContext, host: GuardedHost, audit: AuditTrail) -> None:
    """Remove old containers, then the images that no container needs. The new version serves already, so
    whatever fails here is told as a warning."""
    try:
        with run.report.step("prune", host.name) as note:
            note.detail = await _prune(run.config, host)
        audit.note(host.name, PRUNED_CONTAINERS)
        audit.note(host.name, PRUNED_IMAGES)
    except BackstaffError as error:
        text = f"pruning did not finish: {error.what}"
        run.stream.emit(Notice(level="warning", host=host.name, text=text))


async def _prune(config: Config, host: GuardedHost) -> str:
    labels = {"service": config.service}
    containers = await host.docker.containers(labels)
    images = await host.docker.images(labels)
    choice = choose(config, containers, images)
    for container in choice.containers:
        await host.docker.remove(container)
    for tag in choice.tags:
        await host.docker.untag(tag)
    dangling = await host.docker.prune_dangling_images(labels)
    containers_gone, images_gone = len(choice.containers), len(choice.tags) + dangling
    return f"{counted(containers_gone, 'container')} and {counted(images_gone, 'image')} removed"
