"""Rules of times and group sizes: what can never work is refused, what merely reads oddly is told."""

from collections.abc import Iterator

from backstaff.config.models.boot import Percent
from backstaff.config.positions import KeyPath
from backstaff.config.rules.finding import Finding, Setting
from backstaff.config.schema.proxy import HealthcheckSection
from backstaff.config.written import own_proxy, runs_behind_proxy

_ALL = 100


def check_pace(setting: Setting) -> Iterator[Finding]:
    """The deploy timeout, the times of health checks, and the size of boot groups."""
    yield from _check_deploy_timeout(setting)
    for path, section in _health_checks(setting):
        yield from _check_health_check(path, section)
    yield from _check_limit(setting)


def _check_deploy_timeout(setting: Setting) -> Iterator[Finding]:
    """kamal-proxy gives up before its first check is back; without it a container may be ready at once."""
    if setting.file.deploy_timeout:
        return
    primary = setting.file.primary_role
    proxied = [
        name for name, role in setting.roles.items() if runs_behind_proxy(role, primary=name == primary)
    ]
    if proxied:
        message = f"leaves no time for a health check, so role {proxied[0]} could never be deployed"
        yield Finding(("deploy_timeout",), message)
    else:
        message = "leaves time for one look only: a container must run as soon as it starts"
        yield Finding(("deploy_timeout",), message, harmless=True)


def _health_checks(setting: Setting) -> Iterator[tuple[KeyPath, HealthcheckSection]]:
    yield ("proxy", "healthcheck"), setting.file.proxy.healthcheck
    for name, role in setting.roles.items():
        if own := own_proxy(role.proxy):
            yield (*setting.role_path(name), "proxy", "healthcheck"), own.healthcheck
    for name, accessory in setting.file.accessories.items():
        if own := own_proxy(accessory.proxy):
            yield ("accessories", name, "proxy", "healthcheck"), own.healthcheck


def _check_health_check(path: KeyPath, section: HealthcheckSection) -> Iterator[Finding]:
    """An interval of zero ends kamal-proxy itself; with a timeout of zero every check fails."""
    for key, value in (("interval", section.interval), ("timeout", section.timeout)):
        if value == 0:
            yield Finding((*path, key), "should be at least 1 second")


def _check_limit(setting: Setting) -> Iterator[Finding]:
    match setting.file.boot.limit:
        case Percent(value=0):
            message = "is no host at all; one host at a time will boot"
        case Percent(value=share) if share > _ALL:
            message = "is more than all hosts; they will boot in one group"
        case _:
            return
    yield Finding(("boot", "limit"), message, harmless=True)
