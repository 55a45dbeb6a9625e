"""The image of the application that the lab deploys; images/app/modes.go says what its modes do."""

from datetime import UTC, datetime
from functools import cache

from tests.lab.binaries import busybox_entries, compiled
from tests.lab.image import Entry, Image, Layer

_SECOND_NS = 1_000_000_000


def app_image(version: str, *, service: str, label: bool, mode: str, healthcheck: bool) -> Image:
    """One version of the application; its mode gives way to APP_MODE and to the container's arguments."""
    config: dict[str, object] = {
        "Env": [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            f"APP_VERSION={version}",
            f"APP_MODE={mode}",
        ],
        "Cmd": ["app"],
        "WorkingDir": "/",
        "ExposedPorts": {"80/tcp": {}},
        "Labels": {"service": service} if label else {},
    }
    if healthcheck:
        config["Healthcheck"] = {
            "Test": ["CMD", "app", "healthcheck"],
            "Interval": _SECOND_NS,
            "Timeout": 2 * _SECOND_NS,
            "Retries": 3,
        }
    return Image((_base(), _assets(version)), config, created=datetime.now(UTC))


@cache
def _base() -> Layer:
    directories = {"bin": Entry(), "tmp": Entry(mode=0o1777), "etc": Entry()}
    users = {"etc/passwd": Entry(b"root:x:0:0:root:/:/bin/sh\n", mode=0o644)}
    return Layer.of({**directories, **users, **busybox_entries(), "bin/app": Entry(compiled("app"))})


def _assets(version: str) -> Layer:
    return Layer.of(
        {
            "assets": Entry(),
            f"assets/app-{version}.css": Entry(f"/* {version} */\n".encode(), mode=0o644),
            "assets/shared.txt": Entry(f"{version}\n".encode(), mode=0o644),
        }
    )
