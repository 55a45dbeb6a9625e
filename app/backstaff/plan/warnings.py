"""What an operator should know about a plan that is allowed and yet may surprise."""

import re
from collections.abc import Iterator

from backstaff.config.models import Config, Role
from backstaff.kamal.names import container_prefix
from backstaff.plan.probes import ProxyProbe, probe_of
from backstaff.plan.selection import Selection

_SCHEDULER = re.compile(r"\b(?:[a-z]*cron[a-z]*|schedulers?|clock(?:work)?|beat|whenever)\b", re.IGNORECASE)
_PUBLISHING = ("publish", "p")


def warnings_of(config: Config, selection: Selection) -> tuple[str, ...]:
    """Warnings about a run over a selection, in the order of its roles."""
    roles = [config.role(name) for name in selection.roles]
    return (
        *selection.warnings,
        *_unusual_leader(config, selection),
        *_overlap(roles),
        *(warning for role in roles for warning in _of_role(config, role)),
        *_ambiguous_names(config),
        *_other_lock(config, selection),
    )


def _unusual_leader(config: Config, selection: Selection) -> Iterator[str]:
    """The first of the hosts asked for decides, so even `--hosts '*'` can change who waits for whom."""
    leader = selection.primary_role
    if leader != config.primary_role and config.primary_role in selection.roles:
        yield (
            f"{leader} boots before {config.primary_role}, which waits for it: "
            f"{selection.primary_host} is the first host selected and does not run {config.primary_role}"
        )


def _overlap(roles: list[Role]) -> Iterator[str]:
    """Without a proxy in front nothing keeps the old container from working until it is stopped."""
    names = [role.name for role in roles if not role.proxied]
    if names:
        yield f"old and new containers of {', '.join(names)} work side by side until the new one is ready"


def _of_role(config: Config, role: Role) -> Iterator[str]:
    if role.cmd and not role.proxied and _SCHEDULER.search(role.cmd):
        yield f"`{role.cmd}` of {role.name} looks like a scheduler: during the switch two of them run at once"
    if any(key in role.options for key in _PUBLISHING):
        yield f"{role.name} publishes a host port: the new container can not start while the old one has it"
    probe = probe_of(config, role)
    if isinstance(probe, ProxyProbe):
        if probe.interval >= probe.deploy_timeout:
            yield (
                f"deploy_timeout ({probe.deploy_timeout:g} s) lets {role.name} be checked only once, "
                f"the interval is {probe.interval:g} s"
            )
    elif probe.readiness_delay >= probe.deploy_timeout:
        yield (
            f"readiness_delay ({probe.readiness_delay:g} s) of {role.name} is not shorter than "
            f"deploy_timeout ({probe.deploy_timeout:g} s)"
        )


def _ambiguous_names(config: Config) -> Iterator[str]:
    """`SERVICE-ROLE-VERSION` can be read in two ways when one role's name begins with another's."""
    for role in config.roles:
        prefix = container_prefix(config, role.name)
        for other in config.roles:
            longer = container_prefix(config, other.name)
            if longer.startswith(f"{prefix}-"):
                yield f"containers of {other.name} ({longer}-…) are named like versions of {role.name}"


def _other_lock(config: Config, selection: Selection) -> Iterator[str]:
    """The lock follows the selection, so two runs with different selections do not see each other's."""
    primary = next((role for role in config.roles if role.name == config.primary_role), None)
    usual = primary.hosts[0] if primary and primary.hosts else selection.lock_host
    if selection.lock_host != usual:
        yield f"the deploy lock is on {selection.lock_host}; a deploy of all hosts takes it on {usual}"
