"""Rules of accessories."""

from collections.abc import Iterator

from backstaff.config.check import nearest
from backstaff.config.positions import KeyPath
from backstaff.config.rules.finding import Finding, Setting
from backstaff.config.rules.root import check_registry
from backstaff.config.schema.accessories import AccessorySection
from backstaff.config.written import env_tags

_LOCATIONS = ("host", "hosts", "role", "roles", "tag", "tags")


def check_accessories(setting: Setting) -> Iterator[Finding]:
    """One location key each, known roles, an image, registry credentials, no tags."""
    for name, accessory in setting.file.accessories.items():
        path: KeyPath = ("accessories", name)
        if accessory.image is None:
            yield Finding((*path, "image"), "is required")
        if accessory.registry is not None:
            yield from check_registry(accessory.registry, (*path, "registry"))
        if env_tags(accessory.env):
            yield Finding((*path, "env", "tags"), "tags are only allowed in the root env")
        yield from _check_location(setting, accessory, path)


def _check_location(setting: Setting, accessory: AccessorySection, path: KeyPath) -> Iterator[Finding]:
    given = [key for key in _LOCATIONS if key in accessory.model_fields_set]
    if len(given) != 1:
        found = f"found {' and '.join(given)}" if given else "found none"
        yield Finding(path, f"needs one of host, hosts, role, roles, tag or tags; {found}")
    roles: list[tuple[KeyPath, str]] = [((*path, "role"), accessory.role)] if accessory.role else []
    roles += [((*path, "roles", index), role) for index, role in enumerate(accessory.roles or ())]
    for place, role in roles:
        if role not in setting.roles:
            yield Finding(place, f"no role is called {role}", nearest(role, set(setting.roles)))
