"""Rules of roles and their hosts."""

from collections.abc import Iterator

from backstaff.config.check import nearest
from backstaff.config.rules.finding import Finding, Setting
from backstaff.config.schema.servers import RoleSection
from backstaff.config.written import env_tags


def check_servers(setting: Setting) -> Iterator[Finding]:
    """Someone to deploy to, a primary role with hosts, no empty roles, hosts once, tags at the root only."""
    file = setting.file
    if file.servers is None:
        if not file.accessories:
            yield Finding(("servers",), "is required, unless there are accessories")
        return
    yield from _check_primary_role(setting)
    for name, role in setting.roles.items():
        path = setting.role_path(name)
        if not role.hosts and name != file.primary_role and not file.allow_empty_roles:
            yield Finding(path, f"role {name} has no hosts; allow_empty_roles: true permits that")
        if env_tags(role.env):
            yield Finding((*path, "env", "tags"), "tags are only allowed in the root env")
        yield from _check_repeated_hosts(setting, name, role)


def _check_repeated_hosts(setting: Setting, name: str, role: RoleSection) -> Iterator[Finding]:
    """Kamal deploys to a repeated host once, with the tags of its last entry."""
    seen: set[str] = set()
    for index, entry in enumerate(role.hosts):
        host = entry if isinstance(entry, str) else next(iter(entry))
        if host in seen:
            message = f"{host} is already in role {name}; it counts once, with the tags given here"
            yield Finding((*setting.hosts_path(name), index), message, harmless=True)
        seen.add(host)


def _check_primary_role(setting: Setting) -> Iterator[Finding]:
    name = setting.file.primary_role
    if name in setting.roles:
        if not setting.roles[name].hosts:
            yield Finding(setting.role_path(name), f"the primary role {name} has no hosts")
        return
    if "primary_role" in setting.file.model_fields_set:
        yield Finding(("primary_role",), f"no role is called {name}", nearest(name, set(setting.roles)))
    else:
        message = f"has no role {name}; name the one to serve traffic with primary_role"
        yield Finding(("servers",), message)
