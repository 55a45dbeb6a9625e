"""Rules of the root keys, the registry, the builder and hooks."""

import re
from collections.abc import Iterator

from backstaff.config.models.numbers import HIGHEST_PORT
from backstaff.config.models.registry import Registry
from backstaff.config.positions import KeyPath
from backstaff.config.rules.finding import Finding, Setting
from backstaff.config.schema.registry import RegistrySection
from backstaff.config.versions import SUPPORTED_KAMAL, newer
from backstaff.config.written import env_tags

_LONG = 10
_OLD_HOOKS = ("pre-traefik-reboot", "post-traefik-reboot")


def check_root(setting: Setting) -> Iterator[Finding]:
    """Required keys, versions, destination, registry, builder, tags, hooks."""
    file = setting.file
    if file.service is None:
        yield Finding(("service",), "is required")
    if file.require_destination and setting.destination is None:
        yield Finding(("require_destination",), "a destination must be given (-d)")
    if file.minimum_version and newer(file.minimum_version, SUPPORTED_KAMAL):
        message = f"asks for Kamal {file.minimum_version}; this follows Kamal {SUPPORTED_KAMAL}"
        yield Finding(("minimum_version",), message)
    for tag, env in env_tags(file.env).items():
        if env_tags(env):
            yield Finding(("env", "tags", tag, "tags"), "tags are only allowed in the root env")
    yield from _check_image(setting)
    yield from _check_builder(setting)
    yield from _check_hooks(setting)


def _check_image(setting: Setting) -> Iterator[Finding]:
    registry = setting.file.registry
    if registry is None:
        yield Finding(("registry",), "is required")
    else:
        yield from check_registry(registry, ("registry",))
    if setting.file.image is None and not (registry and Registry(registry.server).is_local):
        yield Finding(("image",), "is required")


def check_registry(registry: RegistrySection, path: KeyPath) -> Iterator[Finding]:
    """Credentials are needed for any registry but a local one, which needs a port that can be listened on."""
    if Registry(registry.server).is_local:
        if not _can_be_port((registry.server or "").partition(":")[2]):
            yield Finding((*path, "server"), f"has a port outside 1 to {HIGHEST_PORT}")
        return
    if not registry.username:
        yield Finding((*path, "username"), "is required")
    if not registry.password:
        yield Finding((*path, "password"), "is required")


def _can_be_port(text: str) -> bool:
    """What is no number is none that is wrong, and counts as no port."""
    return not text.isdecimal() or (len(text) < _LONG and 1 <= int(text) <= HIGHEST_PORT)


def _check_builder(setting: Setting) -> Iterator[Finding]:
    builder, registry = setting.file.builder, setting.file.registry
    if not builder.arch:
        message = "is required: name the architecture of the hosts, such as amd64 or arm64"
        yield Finding(("builder", "arch"), message)
    if not builder.local and not builder.remote:
        yield Finding(("builder", "local"), "can not be false without a remote builder")
    if builder.pack and isinstance(builder.arch, tuple) and len(builder.arch) > 1:
        yield Finding(("builder", "arch"), "buildpacks build for one architecture only")
    is_local = registry is not None and Registry(registry.server).is_local
    if is_local and builder.remote and not re.match(r"ssh://", builder.remote):
        message = "should be an SSH URL such as ssh://user@host, because the registry is local"
        yield Finding(("builder", "remote"), message)


def _check_hooks(setting: Setting) -> Iterator[Finding]:
    for hook in _OLD_HOOKS:
        path = setting.cwd / setting.file.hooks_path / hook
        try:
            is_there = path.exists()
        except OSError as error:
            yield Finding(("hooks_path",), f"can not be looked into: {error.strerror}")
            return
        if is_there:
            renamed = hook.replace("traefik", "proxy")
            yield Finding(("hooks_path",), f"has a hook {hook}, which should be renamed to {renamed}")
