"""Which hosts and roles a command is about, and which of them come first."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace

from backstaff.config.models import Config, Role
from backstaff.errors import UsageError
from backstaff.plan.pairs import Pair
from backstaff.plan.patterns import matches


@dataclass(frozen=True)
class Selection:
    """Hosts and roles of a run, those of the primary role first.

    `hosts` may include hosts that run accessories only; `app_hosts` run a selected role. The primary role is
    the one whose first healthy container lets the other roles boot; None if no role is selected. The deploy
    lock lives on `lock_host`, the same host as with Kamal, which may be another than `primary_host`.
    `filtered_roles` are the roles that were asked for by name, empty if none were.
    """

    hosts: tuple[str, ...]
    roles: tuple[str, ...]
    app_hosts: tuple[str, ...]
    proxy_hosts: tuple[str, ...]
    accessory_hosts: tuple[str, ...]
    pairs: tuple[Pair, ...]
    primary_host: str
    primary_role: str | None
    lock_host: str
    filtered_roles: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def roles_on(self, host: str) -> tuple[str, ...]:
        """Selected roles of a host, the primary role first."""
        return tuple(pair.role for pair in self.pairs if pair.host == host)

    def without(self, hosts: Container[str]) -> "Selection":
        """What is left to look at without `hosts`. The primary and the lock's host stay who they are."""

        def left(names: Iterable[str]) -> tuple[str, ...]:
            return tuple(name for name in names if name not in hosts)

        return replace(
            self,
            hosts=left(self.hosts),
            app_hosts=left(self.app_hosts),
            proxy_hosts=left(self.proxy_hosts),
            accessory_hosts=left(self.accessory_hosts),
            pairs=tuple(pair for pair in self.pairs if pair.host not in hosts),
        )


def select(
    config: Config, *, hosts: Sequence[str] = (), roles: Sequence[str] = (), primary: bool = False
) -> Selection:
    """Applies the patterns of `--hosts` and `--roles` and the flag `--primary`.

    Raises UsageError when the patterns of an option match nothing at all, or there is no host to work on.
    A single pattern without a match is only warned of. With `primary`, `hosts` do not count.
    """
    role_names = [role.name for role in config.roles]
    picked_roles = [config.role(name) for name in _filtered("roles", roles, role_names)]
    picked_hosts = _filtered("hosts", hosts, config.all_hosts)
    if primary:
        picked_hosts = [_only_primary(config, picked_roles)]
    warnings = [*_unmatched("roles", roles, role_names), *_unmatched("hosts", hosts, config.all_hosts)]
    return _selection(config, picked_hosts, picked_roles, tuple(warnings))


def _filtered(option: str, patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Names that match, in the order of the patterns and then of the configuration."""
    found = dict.fromkeys(name for pattern in patterns for name in names if matches(pattern, name))
    if patterns and not found:
        known = ", ".join(names) or "none"
        raise UsageError(f"no --{option} match for {','.join(patterns)}", fix=f"known {option}: {known}")
    return list(found)


def _unmatched(option: str, patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    return [
        f"--{option}: nothing matches `{pattern}`, it is ignored"
        for pattern in patterns
        if not any(matches(pattern, name) for name in names)
    ]


def _only_primary(config: Config, roles: Sequence[Role]) -> str:
    host = next((role.hosts[0] for role in roles if role.hosts), None) or _config_primary_host(config)
    if host is None:
        raise UsageError("there is no primary host: no role has a host")
    return host


def _config_primary_host(config: Config) -> str | None:
    """First host of the primary role; where that has none, the first host of all."""
    primary = (role.hosts[0] for role in config.roles if role.name == config.primary_role and role.hosts)
    return next(primary, None) or next(iter(config.all_hosts), None)


def _selection(
    config: Config, hosts: Sequence[str], picked_roles: Sequence[Role], warnings: tuple[str, ...]
) -> Selection:
    chosen = _narrowed(hosts or config.all_hosts, picked_roles)
    roles = [role for role in picked_roles or config.roles if set(role.hosts) & set(chosen)]
    lock_host = _lock_host(config, hosts, picked_roles)
    if not chosen or lock_host is None:
        raise UsageError("no host is selected", fix="check --hosts and --roles against deploy.yml")
    primary_role = _primary_role(config, roles, lock_host)
    if primary_role is not None:
        roles.sort(key=lambda role: role is not primary_role)
    chosen = _primary_first(chosen, primary_role)
    app_hosts = _primary_first(
        [host for host in config.app_hosts if _runs_any(roles, host, chosen)], primary_role
    )
    return Selection(
        hosts=tuple(chosen),
        roles=tuple(role.name for role in roles),
        app_hosts=tuple(app_hosts),
        proxy_hosts=_proxy_hosts(config, chosen),
        accessory_hosts=_accessory_hosts(config, chosen),
        pairs=tuple(
            Pair(host, role.name, gatekeeper=role is primary_role, proxied=role.proxied)
            for host in app_hosts
            for role in roles
            if host in role.hosts
        ),
        primary_host=_primary_host(chosen, primary_role, lock_host),
        primary_role=primary_role.name if primary_role else None,
        lock_host=lock_host,
        filtered_roles=tuple(role.name for role in picked_roles),
        warnings=warnings,
    )


def _narrowed(hosts: Sequence[str], roles: Sequence[Role]) -> list[str]:
    """The hosts that run one of the roles asked for, all of them where none was, or none has a host."""
    of_roles = {host for role in roles for host in role.hosts}
    return [host for host in hosts if not of_roles or host in of_roles]


def _lock_host(config: Config, hosts: Sequence[str], roles: Sequence[Role]) -> str | None:
    """Kamal's primary host: the first host asked for, else the first of the roles asked for, else of all."""
    if hosts:
        return hosts[0]
    asked = sorted(roles, key=lambda role: role.name != config.primary_role)
    return next((role.hosts[0] for role in asked[:1] if role.hosts), None) or _config_primary_host(config)


def _primary_role(config: Config, roles: Sequence[Role], first_host: str) -> Role | None:
    """The role that goes first.

    It is the configured primary role if `first_host` runs it, else the first selected role there. Where
    that host runs no selected role (it may run an accessory only), the configured primary role, if it is
    selected anywhere, else the first selected one: never none, or all roles would wait for nobody.
    """
    candidates = [role for role in roles if first_host in role.hosts] or list(roles)
    return next(
        (role for role in candidates if role.name == config.primary_role), next(iter(candidates), None)
    )


def _primary_host(hosts: Sequence[str], role: Role | None, first_host: str) -> str:
    if role is None or first_host in role.hosts:
        return first_host
    return next(host for host in hosts if host in role.hosts)


def _primary_first(hosts: Sequence[str], role: Role | None) -> list[str]:
    return sorted(hosts, key=lambda host: role is not None and host not in role.hosts)


def _runs_any(roles: Sequence[Role], host: str, chosen: Sequence[str]) -> bool:
    return host in chosen and any(host in role.hosts for role in roles)


def _proxy_hosts(config: Config, chosen: Sequence[str]) -> tuple[str, ...]:
    of_roles = [host for role in config.roles if role.proxied for host in role.hosts]
    of_accessories = [host for each in config.accessories if each.proxy is not None for host in each.hosts]
    return _among(chosen, [*of_roles, *of_accessories])


def _accessory_hosts(config: Config, chosen: Sequence[str]) -> tuple[str, ...]:
    return _among(chosen, (host for accessory in config.accessories for host in accessory.hosts))


def _among(chosen: Sequence[str], hosts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(host for host in hosts if host in chosen))
