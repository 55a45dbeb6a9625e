"""Assets that outlive a deploy: pages of the old version still find their files, and the other way round."""

import re

from backstaff.config.models import Config, Role
from backstaff.kamal.names import assets_container
from backstaff.kamal.paths import app_dir, asset_volume_dir, extracted_assets_dir
from backstaff.kamal.quoting import single_quote, word
from backstaff.kamal.script import make_directory, marked_lines, say

_BRIDGE_FAILED = "bridge-failed"

_GLOB_CHARACTERS = re.compile(r"([\\*?\[\]])")

FILL = """there() { [ -e "$1" ] || [ -L "$1" ]; }
each() { printf '%s\\n' "$missing" | while IFS= read -r file; do "$@" || exit 1; done; }
copy() { mkdir -p "$2/${file%/*}" && cp -P "$1/$file" "$2/$file"; }
remove() { rm -f "$1/$file"; }
fill() {
missing=$(cd "$1" && find . ! -type d | while IFS= read -r file; do
there "$2/$file" || printf '%s\\n' "$file"
done) || return 1
[ -n "$missing" ] || return 0
if [ -z "$(ls -A "$2")" ]; then cp -R "$1/." "$2/" && return 0; else each copy "$1" "$2" && return 0; fi
each remove "$2"
return 1
}"""
"""Defines `fill FROM TO`, both absolute: copies the files that TO lacks, all of them or none.

Not `cp -n`: its exit status for files that are there already differs between releases of coreutils, so a
real failure could not be told from none. An empty TO, the usual case, takes one command.
"""


def extract_assets(config: Config, role: Role, version: str) -> list[str]:
    """Commands that copy the assets out of the image, or end the script. Needs the image on the host."""
    if role.asset_path is None:
        return []
    container = assets_container(config, role.name)
    source = word(f"{container}:{role.asset_path.path}/.")
    target = extracted_assets_dir(config, role.name, version)
    image = word(config.absolute_image(version))
    remove = f"docker container rm {container}"
    return [
        make_directory(target),
        f"{remove} >/dev/null 2>&1",
        f"docker container create --name {container} {image} >/dev/null || exit 1",
        f"docker container cp -L {source} {word(target)} >/dev/null || {{ {remove} >/dev/null; exit 1; }}",
        f"{remove} >/dev/null || exit 1",
    ]


def sync_assets(config: Config, role: Role, version: str, old_version: str | None) -> list[str]:
    """Commands that fill the new version's volume, or end the script; they need `FILL` defined.

    With an old version each of the two volumes also gets what only the other one has. That may fail without
    harm to the new version: it is only told.
    """
    if role.asset_path is None:
        return []
    extracted = _absolute(extracted_assets_dir(config, role.name, version))
    volume = _absolute(asset_volume_dir(config, role.name, version))
    lines = [
        make_directory(asset_volume_dir(config, role.name, version)),
        f"fill {extracted} {volume} || exit 1",
    ]
    if not old_version or old_version == version:
        return lines
    bridges = (
        (extracted, _absolute(asset_volume_dir(config, role.name, old_version))),
        (_absolute(extracted_assets_dir(config, role.name, old_version)), volume),
    )
    return [*lines, *(_bridge(source, target, role.name) for source, target in bridges)]


def clean_assets(config: Config, role: str, version: str) -> list[str]:
    """Commands that remove the assets of a role's other versions.

    Directories are called `ROLE-VERSION`, so those of `web-admin` look like a version of `web`: the names of
    all other roles are spared.
    """
    others = [each.name for each in config.roles if each.name.startswith(f"{role}-")]
    spared = [f"{_literal(other)}-*" for other in others] + [_literal(f"{role}-{version}")]
    conditions = " ".join(f"! -name {single_quote(pattern)}" for pattern in spared)
    name = single_quote(f"{_literal(role)}-*")
    directories = (f"{app_dir(config)}/assets/{kind}" for kind in ("extracted", "volumes"))
    return [
        f"[ ! -d {word(each)} ] || find {word(each)} -mindepth 1 -maxdepth 1 -name {name} {conditions} "
        "-exec rm -rf {} +"
        for each in directories
    ]


def bridge_failures(stdout: str) -> list[str]:
    """Roles of which the old and the new version do not have each other's assets, from a script's output."""
    return list(dict.fromkeys(line.text for line in marked_lines(stdout) if line.keyword == _BRIDGE_FAILED))


def _bridge(source: str, target: str, role: str) -> str:
    told = say(_BRIDGE_FAILED, role)
    return f"if [ -d {source} ] && [ -d {target} ]; then fill {source} {target} || {told}; fi"


def _absolute(path: str) -> str:
    return f'"$PWD"/{word(path)}'


def _literal(name: str) -> str:
    """A name as a pattern of `find` that matches only itself."""
    return _GLOB_CHARACTERS.sub(r"\\\1", name)
