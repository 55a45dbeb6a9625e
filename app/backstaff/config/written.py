"""Different spellings of the same thing in deploy.yml, brought into one form."""

from collections.abc import Iterable, Mapping

from backstaff.config.models.env import EnvVars, SecretVar
from backstaff.config.schema.accessories import AccessorySection
from backstaff.config.schema.containers import LayeredEnv
from backstaff.config.schema.proxy import ProxySection
from backstaff.config.schema.servers import RoleSection

WrittenHost = str | dict[str, str | tuple[str, ...]]
WrittenServers = tuple[WrittenHost, ...] | dict[str, tuple[WrittenHost, ...] | RoleSection] | None
WrittenEnv = LayeredEnv | dict[str, str]


def written_roles(servers: WrittenServers) -> dict[str, RoleSection]:
    """Every role by name, in the sorted order that Kamal gives them."""
    match servers:
        case None:
            return {}
        case dict():
            return {name: _as_section(servers[name]) for name in sorted(servers)}
        case hosts:
            return {"web": RoleSection(hosts=hosts)}


def _as_section(role: tuple[WrittenHost, ...] | RoleSection) -> RoleSection:
    return role if isinstance(role, RoleSection) else RoleSection(hosts=role)


def tagged_hosts(hosts: Iterable[WrittenHost]) -> dict[str, tuple[str, ...]]:
    """Tags by host; of a host that is listed twice, the later tags count, in the earlier place."""
    tagged: dict[str, tuple[str, ...]] = {}
    for entry in hosts:
        if isinstance(entry, str):
            tagged[entry] = ()
        else:
            for host, tags in entry.items():
                tagged[host] = (tags,) if isinstance(tags, str) else tags
    return tagged


def env_vars(env: WrittenEnv) -> EnvVars:
    """Clear values and secrets; tags are left out. A listed secret may read `NAME:SECRET`."""
    if isinstance(env, LayeredEnv):
        return EnvVars(env.clear, tuple(_secret(item) for item in env.secret))
    return EnvVars(env)


def _secret(item: str) -> SecretVar:
    name, *rest = item.split(":")
    return SecretVar(name, rest[0] if rest else name)


def env_tags(env: WrittenEnv) -> dict[str, WrittenEnv]:
    """The environments of tags, empty for an environment that has none."""
    return env.tags if isinstance(env, LayeredEnv) else {}


def runs_behind_proxy(role: RoleSection, *, primary: bool) -> bool:
    """The primary role is proxied unless told not to be, any other role only when told to be."""
    if role.proxy is None:
        return primary
    return role.proxy is not False


def own_proxy(proxy: bool | ProxySection | None) -> ProxySection | None:
    """The section that a role or accessory brings itself, None where it just says true or nothing."""
    return proxy if isinstance(proxy, ProxySection) else None


def laid_over(root: ProxySection, own: ProxySection | None) -> ProxySection:
    """A role's proxy section over the root's, key by key at every depth."""
    if own is None:
        return root
    return ProxySection.model_validate(
        _deep_merge(root.model_dump(exclude_unset=True), own.model_dump(exclude_unset=True))
    )


def _deep_merge(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            merged[key] = _deep_merge(known, value)
        else:
            merged[key] = value
    return merged


def proxy_hosts(proxy: ProxySection) -> tuple[str, ...]:
    """Host names that a section routes; `host` may list several with commas."""
    if proxy.hosts is not None:
        return proxy.hosts
    return _comma_list(proxy.host)


def path_prefixes(proxy: ProxySection) -> tuple[str, ...]:
    """Path prefixes that a section routes; `path_prefix` may list several with commas."""
    if proxy.path_prefixes is not None:
        return proxy.path_prefixes
    return _comma_list(proxy.path_prefix)


def _comma_list(text: str | None) -> tuple[str, ...]:
    return tuple(item for item in (text or "").split(",") if item)


def accessory_hosts(accessory: AccessorySection, roles: Mapping[str, RoleSection]) -> tuple[str, ...]:
    """Hosts of an accessory, once each, by whichever of the six location keys it has."""
    if accessory.host is not None:
        return (accessory.host,)
    if accessory.hosts is not None:
        return tuple(dict.fromkeys(accessory.hosts))
    wanted_roles = (accessory.role,) if accessory.role else accessory.roles or ()
    wanted_tags = {accessory.tag} if accessory.tag else set(accessory.tags or ())
    by_role = [host for name in wanted_roles if name in roles for host in tagged_hosts(roles[name].hosts)]
    by_tag = [
        host
        for role in roles.values()
        for host, tags in tagged_hosts(role.hosts).items()
        if wanted_tags & set(tags)
    ]
    return tuple(dict.fromkeys(by_role + by_tag))
