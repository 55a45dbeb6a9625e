"""Which secrets a configuration asks for, and where."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backstaff.config.credentials import Credential, SecretName
from backstaff.config.models.env import EnvVars
from backstaff.config.models.proxy import Proxy
from backstaff.config.models.registry import Registry
from backstaff.config.positions import KeyPath, Position

if TYPE_CHECKING:
    from backstaff.config.models.config import Config

_Asked = tuple[str, KeyPath]


@dataclass(frozen=True)
class SecretNeed:
    """One place of the configuration that asks for a secret."""

    name: str
    path: KeyPath
    position: Position | None


def needs_of(config: "Config") -> tuple[SecretNeed, ...]:
    """Secrets that deploying `config` takes: registry, builder, environment, certificates, SSH keys.

    Accessories are left out: a deploy does not touch them.
    """
    asked = dict.fromkeys(_asked_by(config))
    return tuple(SecretNeed(name, path, _nearest(config, path)) for name, path in asked)


def _asked_by(config: "Config") -> Iterator[_Asked]:
    yield from _registry(config.registry, ("registry",))
    for index, name in enumerate(config.builder.secrets):
        yield name, ("builder", "secrets", index)
    for index, key in enumerate(config.ssh.key_data):
        yield from _credential(key, ("ssh", "key_data", index))
    yield from _env(config.env, ("env",))
    used_tags = {tag for role in config.roles for tags in role.host_tags.values() for tag in tags}
    for tag, env in config.env.tags.items():
        if tag in used_tags:
            yield from _env(env, ("env", "tags", tag))
    for role in config.roles:
        yield from _env(role.own_env, ("servers", role.name, "env"))
        yield from _proxy(role.proxy, ("servers", role.name, "proxy"))


def _credential(value: Credential | None, path: KeyPath) -> Iterator[_Asked]:
    if isinstance(value, SecretName):
        yield value.name, path


def _registry(registry: Registry, path: KeyPath) -> Iterator[_Asked]:
    yield from _credential(registry.username, (*path, "username", 0))
    yield from _credential(registry.password, (*path, "password", 0))


def _env(env: EnvVars, path: KeyPath) -> Iterator[_Asked]:
    for index, variable in enumerate(env.secret):
        yield variable.secret_name, (*path, "secret", index)


def _proxy(proxy: Proxy | None, path: KeyPath) -> Iterator[_Asked]:
    if proxy is None or proxy.certificate is None:
        return
    yield proxy.certificate.certificate_pem, (*path, "ssl", "certificate_pem")
    yield proxy.certificate.private_key_pem, (*path, "ssl", "private_key_pem")


def _nearest(config: "Config", path: KeyPath) -> Position | None:
    """Where the value was written; a role's inherited proxy is found under the root key."""
    if path[0] == "servers" and path not in config.sources and "proxy" in path:
        path = path[path.index("proxy") :]
    while path and path not in config.sources:
        path = path[:-1]
    return config.sources.get(path)
