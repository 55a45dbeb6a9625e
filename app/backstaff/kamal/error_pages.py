"""Error pages that the proxy shows in the app's place."""

from collections.abc import Mapping

from backstaff.config.models import Config
from backstaff.kamal.paths import error_pages_dir, proxy_app_dir
from backstaff.kamal.quoting import word
from backstaff.kamal.script import make_directory, write_file

PATTERNS = ("4??.html", "5??.html")
"""Names of the files in `error_pages_path` that count."""

_READABLE = 0o644


def put_error_pages(config: Config, version: str, pages: Mapping[str, bytes]) -> list[str]:
    """Commands that put the pages of a version on a host. The proxy runs as another user: all may read."""
    if not pages:
        return []
    directory = error_pages_dir(config, version)
    files = [write_file(f"{directory}/{name}", content, _READABLE) for name, content in sorted(pages.items())]
    return [make_directory(directory), *files]


def clean_error_pages(config: Config, version: str) -> str:
    """A command that removes the pages of other versions."""
    directory = word(f"{proxy_app_dir(config)}/error_pages")
    return (
        f"[ ! -d {directory} ] || "
        f"find {directory} -mindepth 1 -maxdepth 1 ! -name {word(version)} -exec rm -rf {{}} +"
    )
