"""Starting the proxy container of a host."""

import ipaddress
import re

from backstaff.config.models import Config, ProxyRun
from backstaff.kamal.names import NETWORK, PROXY_CONTAINER, PROXY_VOLUME
from backstaff.kamal.paths import APPS_CONFIG_DIR, APPS_CONFIG_IN_PROXY, PROXY_DIR
from backstaff.kamal.quoting import argumentize, optionize, word

MINIMUM_VERSION = "v0.9.2"

_STATUS = f"docker ps --all --filter name=^{PROXY_CONTAINER}$ --format '{{{{.Status}}}}'"
_START = f"docker container start {PROXY_CONTAINER}"
_RUN = (
    f"docker run --name {PROXY_CONTAINER} --network {NETWORK} --detach --restart unless-stopped "
    f"--volume {PROXY_VOLUME}:/home/kamal-proxy/.config/kamal-proxy "
    f"--volume $PWD/{APPS_CONFIG_DIR}:{APPS_CONFIG_IN_PROXY}"
)
_DEFAULT_OPTIONS = "--publish 80:80 --publish 443:443 --log-opt max-size=10m"
_HTTP_PORT = 80
_HTTPS_PORT = 443
_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)(-.+)?")


def start_line(config: Config, host: str) -> str:
    """The line that starts the proxy on a host, creating its container where there is none.

    Without a `proxy/run` section the boot files on the host, written by `kamal proxy boot_config`, decide.
    """
    return f"{_START} || {_run_line(config, host)}"


def start_script(config: Config, host: str) -> str:
    """What `start_line` does, as a command of a script, with the error that counts.

    A container that never ran is made anew: it may have been made with settings that have changed since, and
    what keeps it from starting would be hidden behind the complaint that its name is taken.
    """
    run = _run_line(config, host)
    forget = f"docker container rm {PROXY_CONTAINER}"
    return f'case "$({_STATUS})" in "") {run} ;; Created*) {forget} && {run} ;; *) {_START} ;; esac'


def version_of_image(image: str) -> str:
    """The tag of the proxy's image, empty if its name has none."""
    name, _, tag = image.rpartition(":")
    return tag if name and "/" not in tag else ""


def too_old(version: str) -> bool:
    """Whether a proxy of this tag lacks what deploys need. Tags that are not versions are trusted."""
    found, needed = _ordered(version), _ordered(MINIMUM_VERSION)
    return found is not None and needed is not None and found < needed


def _ordered(version: str) -> tuple[tuple[int, ...], bool] | None:
    """A key that sorts versions; a pre-release (`v0.9.2-rc1`) comes before its release."""
    match = _RELEASE.fullmatch(version)
    if match is None:
        return None
    numbers = [int(number) for number in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), match[2] is None


def _run_line(config: Config, host: str) -> str:
    run = config.proxy_run_for(host)
    return _from_boot_files() if run is None else _from_config(run)


def _from_boot_files() -> str:
    parts = (
        _boot_file("options", _DEFAULT_OPTIONS),
        f"{_boot_file('image', 'basecamp/kamal-proxy')}:{_boot_file('image_version', MINIMUM_VERSION)}",
        _boot_file("run_command", ""),
    )
    return f"echo {' '.join(parts)} | xargs {_RUN}"


def _boot_file(name: str, default: str) -> str:
    return f'$(cat {PROXY_DIR}/{name} 2> /dev/null || echo "{default}")'


def _from_config(run: ProxyRun) -> str:
    command = {"debug": True} if run.debug else {}
    metrics = {"metrics-port": str(run.metrics_port)} if run.metrics_port else {}
    words = [
        _RUN,
        *_published(run),
        *(argumentize("--log-opt", [f"max-size={word(run.log_max_size)}"]) if run.log_max_size else []),
        *([f"--expose={run.metrics_port}"] if run.metrics_port else []),
        *optionize(run.options),
        run.image,
        *("kamal-proxy", "run", *optionize(command), *optionize(metrics)),
    ]
    return " ".join(words)


def _published(run: ProxyRun) -> list[str]:
    if not run.publish:
        return []
    addresses = [f"{_bracketed(address)}:" for address in run.bind_ips] or [""]
    ports = ((run.http_port, _HTTP_PORT), (run.https_port, _HTTPS_PORT))
    return argumentize("--publish", [f"{ip}{outer}:{inner}" for ip in addresses for outer, inner in ports])


def _bracketed(address: str) -> str:
    try:
        return f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
    except ValueError:
        return address
