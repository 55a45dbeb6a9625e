"""Rules of proxy sections, alone and together."""

from collections.abc import Iterator
from dataclasses import dataclass

from backstaff.config.positions import KeyPath
from backstaff.config.rules.finding import Finding, Setting
from backstaff.config.schema.proxy import CertificateSection, ProxyRunSection, ProxySection
from backstaff.config.written import (
    accessory_hosts,
    laid_over,
    own_proxy,
    proxy_hosts,
    runs_behind_proxy,
    tagged_hosts,
)

_PUBLISHING_KEYS = ("http_port", "https_port", "bind_ips")


def check_proxies(setting: Setting) -> Iterator[Finding]:
    """Each section as written, each role's merged section, and sections that meet on a host."""
    root = setting.file.proxy
    root_findings = list(_check_section(root, ("proxy",)))
    yield from root_findings
    for name, accessory in setting.file.accessories.items():
        if own := own_proxy(accessory.proxy):
            yield from _check_section(own, ("accessories", name, "proxy"))
    sound = not root_findings
    for name, role in setting.roles.items():
        if own := own_proxy(role.proxy):
            path = (*setting.role_path(name), "proxy")
            findings = list(_check_section(own, path))
            if sound and not findings:
                findings = list(_check_section(laid_over(root, own), path))
            yield from findings
    yield from _check_ssl(setting)
    yield from _check_runs(setting)


def _check_section(proxy: ProxySection, path: KeyPath) -> Iterator[Finding]:
    hosts = [key for key in ("host", "hosts") if key in proxy.model_fields_set]
    if len(hosts) > 1:
        yield Finding((*path, "hosts"), "give host or hosts, not both")
    if proxy.ssl and not (proxy.host or proxy.hosts):
        yield Finding((*path, "ssl"), "needs a host beside it")
    if isinstance(proxy.ssl, CertificateSection):
        yield from _check_certificate(proxy.ssl, (*path, "ssl"))
    if proxy.run and not proxy.run.publish:
        for key in _PUBLISHING_KEYS:
            if key in proxy.run.model_fields_set:
                yield Finding((*path, "run", key), "can not be set when publish is false")


def _check_certificate(certificate: CertificateSection, path: KeyPath) -> Iterator[Finding]:
    if certificate.certificate_pem and not certificate.private_key_pem:
        yield Finding((*path, "private_key_pem"), "is required with certificate_pem")
    if certificate.private_key_pem and not certificate.certificate_pem:
        yield Finding((*path, "certificate_pem"), "is required with private_key_pem")
    if not certificate.certificate_pem and not certificate.private_key_pem:
        yield Finding(path, "needs certificate_pem and private_key_pem, or should be true or false")


@dataclass(frozen=True)
class _Proxied:
    """Something behind the proxy: what it is, where its proxy is written, what applies to it."""

    name: str
    path: KeyPath
    hosts: tuple[str, ...]
    proxy: ProxySection


def _proxied_roles(setting: Setting) -> list[_Proxied]:
    roles: list[_Proxied] = []
    for name, role in setting.roles.items():
        if runs_behind_proxy(role, primary=name == setting.file.primary_role):
            own = own_proxy(role.proxy)
            path: KeyPath = (*setting.role_path(name), "proxy") if own else ("proxy",)
            hosts = tuple(tagged_hosts(role.hosts))
            roles.append(_Proxied(name, path, hosts, laid_over(setting.file.proxy, own)))
    return roles


def _proxied_accessories(setting: Setting) -> list[_Proxied]:
    found: list[_Proxied] = []
    for name, accessory in setting.file.accessories.items():
        if own := own_proxy(accessory.proxy):
            hosts = accessory_hosts(accessory, setting.roles)
            found.append(_Proxied(name, ("accessories", name, "proxy"), hosts, own))
    return found


def _check_ssl(setting: Setting) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for role in _proxied_roles(setting):
        if not role.proxy.ssl:
            continue
        path = (*role.path, "ssl")
        if role.proxy.ssl is True and len(role.hosts) > 1:
            message = f"works on one host only, and role {role.name} has {len(role.hosts)}"
            yield Finding(path, f"automatic SSL {message}; give a certificate of your own")
        for host in proxy_hosts(role.proxy):
            if owners.setdefault(host, role.name) != role.name:
                message = f"roles {owners[host]} and {role.name} can not both serve {host} with SSL"
                yield Finding(path, message)


def _check_runs(setting: Setting) -> Iterator[Finding]:
    """The proxy container of a host can be run in one way only."""
    settled: dict[str, tuple[ProxyRunSection, str]] = {}
    reported: set[str] = set()
    for owner in (*_proxied_roles(setting), *_proxied_accessories(setting)):
        run = owner.proxy.run
        if run is None:
            continue
        for host in owner.hosts:
            first, name = settled.setdefault(host, (run, owner.name))
            if first != run and owner.name not in reported:
                reported.add(owner.name)
                message = f"differs from the run section of {name}, and both run on {host}"
                yield Finding((*owner.path, "run"), message)
