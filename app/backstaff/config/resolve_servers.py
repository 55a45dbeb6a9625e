"""Roles and accessories as written, turned into resolved values."""

from collections.abc import Mapping

from backstaff.config.models.accessory import DEFAULT_FILE_MODE, Accessory, AccessoryPath
from backstaff.config.models.container import AssetPath, Logging
from backstaff.config.models.env import RootEnv
from backstaff.config.models.registry import Registry
from backstaff.config.models.role import Role
from backstaff.config.resolve_proxy import resolve_proxy
from backstaff.config.schema import DeployFile
from backstaff.config.schema.accessories import AccessorySection, PathSection
from backstaff.config.schema.containers import LoggingSection
from backstaff.config.schema.proxy import ProxySection
from backstaff.config.schema.registry import RegistrySection
from backstaff.config.schema.servers import RoleSection
from backstaff.config.written import (
    accessory_hosts,
    env_tags,
    env_vars,
    laid_over,
    own_proxy,
    runs_behind_proxy,
    tagged_hosts,
    written_roles,
)


def resolve_roles(file: DeployFile) -> tuple[Role, ...]:
    """Every role with what it inherits from the root."""
    root_env = resolve_root_env(file)
    return tuple(_role(name, role, file, root_env) for name, role in written_roles(file.servers).items())


def resolve_root_env(file: DeployFile) -> RootEnv:
    """The root environment with its tags."""
    own = env_vars(file.env)
    tags = {tag: env_vars(env) for tag, env in env_tags(file.env).items()}
    return RootEnv(own.clear, own.secret, tags)


def _role(name: str, role: RoleSection, file: DeployFile, root_env: RootEnv) -> Role:
    proxied = runs_behind_proxy(role, primary=name == file.primary_role)
    tags = tagged_hosts(role.hosts)
    asset_path = role.asset_path or file.asset_path
    return Role(
        name=name,
        hosts=tuple(tags),
        host_tags=tags,
        cmd=role.cmd,
        options=role.options.flags(),
        restart_policy=role.options.restart,
        logging=resolve_logging(file.logging).merged(resolve_logging(role.logging)),
        proxy=resolve_proxy(laid_over(file.proxy, own_proxy(role.proxy))) if proxied else None,
        labels={**file.labels, **role.labels},
        stop_timeout=file.stop_timeout if role.stop_timeout is None else role.stop_timeout,
        asset_path=resolve_asset_path(asset_path) if proxied else None,
        root_env=root_env,
        own_env=env_vars(role.env),
    )


def resolve_logging(section: LoggingSection) -> Logging:
    """A logging section."""
    return Logging(section.driver, section.options)


def resolve_asset_path(text: str | None) -> AssetPath | None:
    """`PATH[:options]`; an empty text is no asset path."""
    path, colon, options = (text or "").partition(":")
    return AssetPath(path, options if colon else None) if path else None


def resolve_registry(section: RegistrySection) -> Registry:
    """A registry section."""
    return Registry(section.server, section.username, section.password)


def resolve_accessories(file: DeployFile) -> tuple[Accessory, ...]:
    """Every accessory in the order of the file."""
    roles = written_roles(file.servers)
    return tuple(
        _accessory(name, section, file.service or "", roles) for name, section in file.accessories.items()
    )


def _accessory(
    name: str, section: AccessorySection, service: str, roles: Mapping[str, RoleSection]
) -> Accessory:
    registry = resolve_registry(section.registry) if section.registry else None
    image = section.image or ""
    return Accessory(
        name=name,
        service_name=section.service or f"{service}-{name}",
        image=f"{registry.server}/{image}" if registry and registry.server else image,
        hosts=accessory_hosts(section, roles),
        cmd=section.cmd,
        publish=_publish(section.port),
        labels=section.labels,
        options=section.options.flags(),
        restart_policy=section.options.restart,
        env=env_vars(section.env),
        files=tuple(_path(entry, DEFAULT_FILE_MODE) for entry in section.files),
        directories=tuple(_path(entry, None) for entry in section.directories),
        volumes=section.volumes,
        network=section.network,
        proxy=resolve_proxy(_accessory_proxy(section)) if section.proxy else None,
        registry=registry,
    )


def _accessory_proxy(section: AccessorySection) -> ProxySection:
    return own_proxy(section.proxy) or ProxySection()


def _publish(port: str | None) -> str | None:
    if not port:
        return None
    return port if ":" in port else f"{port}:{port}"


def _path(entry: str | PathSection, default_mode: str | None) -> AccessoryPath:
    if isinstance(entry, PathSection):
        return AccessoryPath(
            entry.local, entry.remote, entry.mode or default_mode, entry.owner, entry.options
        )
    local, remote, *options = entry.split(":", 2)
    return AccessoryPath(local, remote, default_mode, None, options[0] if options else None)
