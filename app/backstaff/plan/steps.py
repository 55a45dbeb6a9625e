"""Every command of a plan that changes something on a host, as an operator can read and copy it.

The lines come from the functions that the run itself uses. What only shows while running is a placeholder in
capitals: `CONTAINER_ID`, `OLD_CONTAINER`. Secrets are never part of a line.
"""

from collections.abc import Iterator

from backstaff.config.models import Config, Role
from backstaff.kamal.assets import clean_assets
from backstaff.kamal.create import create_line
from backstaff.kamal.error_pages import clean_error_pages
from backstaff.kamal.names import (
    NETWORK,
    assets_container,
    container_hostname,
    container_name,
    latest_image,
)
from backstaff.kamal.paths import (
    APPS_CONFIG_DIR,
    RUN_DIR,
    asset_volume_dir,
    audit_log,
    env_file,
    error_pages_dir,
    extracted_assets_dir,
    lock_dir,
    tls_dir,
)
from backstaff.kamal.proxy_boot import start_line
from backstaff.kamal.proxy_deploy import deploy_command
from backstaff.kamal.quoting import word
from backstaff.kamal.stopping import stop_line
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Plan
from backstaff.plan.step import Step

_RANDOM = "RANDOM"
_OLD = "OLD_CONTAINER"


def host_steps(config: Config, plan: Plan, host: str) -> tuple[Step, ...]:
    """What is done on a host, in order. The roles of a host boot in the order of their group."""
    return (
        *_image(config, plan, host),
        *_ground(config, plan, host),
        *(step for pair in _pairs(plan, host) for step in _prepare(config, plan, config.role(pair.role))),
        *(step for pair in _pairs(plan, host) for step in _boot(config, plan, pair)),
        *_finish(config, plan, host),
    )


def _pairs(plan: Plan, host: str) -> list[Pair]:
    return [pair for pair in plan.pairs if pair.host == host]


def _image(config: Config, plan: Plan, host: str) -> Iterator[Step]:
    if plan.command.brings_image and _pairs(plan, host):
        lent = ", from the registry on this machine, lent for that" if config.registry.is_local else ""
        yield Step(f"pull image{lent}", f"docker pull {config.absolute_image(plan.version)}")


def _ground(config: Config, plan: Plan, host: str) -> Iterator[Step]:
    yield Step("make Kamal's directory", f"mkdir -p {RUN_DIR}")
    if host == plan.lock_host:
        files = "then the files details and backstaff in it, which tell who holds it"
        yield Step("take deploy lock", f"mkdir {lock_dir(config)}  # {files}")
    yield Step("make network, unless it is there", f"docker network create {NETWORK}")
    if plan.command.boots_proxy and host in plan.selection.proxy_hosts:
        yield Step("make the proxy's directory", f"mkdir -p {APPS_CONFIG_DIR}")
        yield Step("start proxy, unless it runs", start_line(config, host))
    if plan.command.stops_stale:
        for pair in _pairs(plan, host):
            line = stop_line(config, config.role(pair.role), "STALE_CONTAINERS")
            yield Step("stop what earlier deploys left running", line, pair.role)
    if config.error_pages_path and _pairs(plan, host):
        pages = error_pages_dir(config, plan.version)
        yield Step("upload error pages", f"mkdir -p {pages}  # then {config.error_pages_path}/{{4,5}}??.html")


def _prepare(config: Config, plan: Plan, role: Role) -> Iterator[Step]:
    if role.asset_path is not None:
        extracted = extracted_assets_dir(config, role.name, plan.version)
        volume = asset_volume_dir(config, role.name, plan.version)
        container = assets_container(config, role.name)
        commands = (
            f"mkdir -p {extracted}",
            f"docker container create --name {container} {config.absolute_image(plan.version)}",
            f"docker container cp -L {container}:{role.asset_path.path}/. {extracted}",
            f"docker container rm {container}",
        )
        yield Step("extract assets", "\n".join(commands), role.name)
        yield Step(
            "share assets of both versions", f"mkdir -p {volume}  # then the files of {extracted}", role.name
        )
    if role.proxy is not None and role.proxy.certificate is not None:
        directory = tls_dir(config, role.name)
        yield Step("write TLS certificate", f"mkdir -p {directory}  # then cert.pem and key.pem", role.name)


def _boot(config: Config, plan: Plan, pair: Pair) -> Iterator[Step]:
    role, name = config.role(pair.role), container_name(config, pair.role, plan.version)
    count = len(role.env_for(pair.host).secret)
    path = env_file(config, role.name)
    hostname = container_hostname(pair.host, _RANDOM)
    yield Step(
        "rename a container of the same name, if any",
        f"docker rename {name} {name}_replaced_{_RANDOM}",
        role.name,
    )
    yield Step("write env file", f"install -D -m 0600 /dev/stdin {path}  # {_counted(count)}", role.name)
    create = create_line(config, role, pair.host, plan.version, hostname=hostname)
    yield Step("create container", create, role.name)
    waits = plan.barrier is not None and pair in plan.barrier.waiting
    yield Step(
        "start container, once the barrier is open" if waits else "start container",
        f"docker start {name}",
        role.name,
    )
    if role.proxied:
        switch = deploy_command(config, role, plan.version, target="CONTAINER_ID")
        yield Step("switch the proxy once it is healthy", switch.line, role.name)
    yield Step("stop old container", stop_line(config, role, _OLD), role.name)
    for line in clean_assets(config, role.name, plan.version) if role.asset_path is not None else ():
        yield Step("remove assets of older versions", line, role.name)


def _finish(config: Config, plan: Plan, host: str) -> Iterator[Step]:
    if _pairs(plan, host):
        image = config.absolute_image(plan.version)
        yield Step("tag image as the latest", f"docker tag {image} {latest_image(config)}")
        if config.error_pages_path:
            yield Step("remove error pages of older versions", clean_error_pages(config, plan.version))
    if plan.command.prunes:
        kept = config.retain_containers
        yield Step(f"remove stopped containers beyond {kept} of each role", "docker rm OLD_CONTAINERS")
        yield Step("remove image tags that no container uses", "docker rmi OLD_TAGS")
        label = word(f"label=service={config.service}")
        yield Step("remove untagged images", f"docker image prune --force --filter {label}")
    yield Step("write audit log", f"printf '%s\\n' LINES >> {audit_log(config)}")
    if host == plan.lock_host:
        yield Step("release deploy lock", f"rm -r {lock_dir(config)}")


def _counted(secrets: int) -> str:
    return "1 secret" if secrets == 1 else f"{secrets} secrets"
