"""What Docker, registries and kamal-proxy say when something can not work, and what it means.

The patterns are the daemon's and runc's own texts, as Docker 20.10 to 28 print them, and kamal-proxy's of
version 0.9.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Doom:
    """What was waited for can not happen any more: why, and what to do."""

    reason: str
    advice: str


_PULL: tuple[tuple[str, str, str], ...] = (
    (
        r"no matching manifest for (?P<it>\S+)",
        "the image has no variant for {it}",
        "build it for this host's architecture: builder.arch",
    ),
    (
        r"manifest unknown|manifest for (?P<it>\S+) not found|(?P<it2>\S+): not found",
        "the image is not in the registry",
        "was this version built and pushed? See the registry's list of tags",
    ),
    (
        r"repository does not exist or may require|pull access denied|insufficient_scope",
        "the registry denies the pull, or has no such repository",
        "check image and registry.username/password: may this account pull the repository?",
    ),
    (
        r"unauthorized|no basic auth credentials|authentication required|incorrect username or password",
        "the registry does not accept the credentials",
        "check registry.username and registry.password; short-lived tokens expire",
    ),
    (
        r"(?<!permission )denied: |requested access to the resource is denied|forbidden",
        "the registry denies access to the image",
        "may this account pull the repository?",
    ),
    (
        r"toomanyrequests|too many requests|rate limit",
        "the registry limits how often this host may pull",
        "log in with an account, or try again later",
    ),
    (
        r"no space left on device",
        "the disk of the host is full",
        "free space where Docker keeps its data: `docker system df`, `docker image prune`",
    ),
    (
        r"server gave HTTP response to HTTPS client",
        "the registry speaks HTTP, and Docker on this host expects HTTPS",
        "add the registry to insecure-registries in the host's /etc/docker/daemon.json",
    ),
    (
        r"x509: ",
        "Docker on this host does not trust the registry's certificate",
        "install the registry's CA under /etc/docker/certs.d, or check the host's clock",
    ),
    (
        r"invalid reference format",
        "the image's name is not a valid one",
        "check image, registry.server and the version",
    ),
)

_UNREACHED: tuple[tuple[str, str, str], ...] = (
    (
        r"(?:dial tcp|read tcp) (?:\S+->)?(?P<it>\S+?): connect: connection refused",
        "the registry at {it} refuses connections",
        "is it running? The host has to reach it, whatever this machine can",
    ),
    (
        r"lookup (?P<it>\S+?)(?: on \S+)?: ",
        "the host can not find the address of the registry {it}",
        "check registry.server, and the host's DNS: `getent hosts {it}`",
    ),
    (
        r"dial tcp (?P<it>\S+?): .*(?:i/o timeout|no route to host|network is unreachable)",
        "the host does not reach the registry at {it}",
        "check the network and the firewalls between the host and the registry",
    ),
    (
        r"(?:Get|Head) \"https?://(?P<it>[^/\"]+)\S*: .*(?:timeout|deadline exceeded|request canceled)",
        "the registry {it} did not answer in time",
        "check that it is well, and the network between the host and it",
    ),
    (
        r"received unexpected HTTP status: (?P<it>5\d\d .*)",
        "the registry has an error of its own: {it}",
        "look at the registry's log, or try again later",
    ),
)

_PORT_TAKEN = (
    r"(?:Bind for|listen tcp\d?|bind host port(?: for)?) \S*?:(?P<it>\d+)(?![\w\]])"
    r".*already (?:allocated|in use)"
)

_START: tuple[tuple[str, str, str], ...] = (
    (
        _PORT_TAKEN,
        "port {it} is taken on this host",
        "find who has it: `ss -ltnp 'sport = :{it}'`, `docker ps --filter publish={it}`",
    ),
    (
        r"port is already allocated|address already in use",
        "a port that the container publishes is taken on this host",
        "find who has it: `ss -ltnp`, `docker ps`",
    ),
    (
        r"bind source path does not exist: (?P<it>\S+)",
        "the mount's source {it} is not on this host",
        "create it on the host, or correct the role's volumes",
    ),
    (
        r"not a directory.*Are you trying to mount a directory onto a file",
        "a mount joins a file and a directory",
        "correct the role's volumes: one side is a file, the other a directory",
    ),
    (
        r"invalid mount config|error mounting|invalid volume specification|mount denied",
        "a mount of the container is not possible",
        "correct the role's volumes and options",
    ),
    (
        r"exec: \"?(?P<it>[^\":]+)\"?: executable file not found in \$PATH",
        "the image has no program {it}",
        "correct the role's cmd, or the image's ENTRYPOINT",
    ),
    (
        r"exec format error",
        "the image's program is for another architecture, or a script without #!",
        "compare builder.arch with `uname -m` on this host; a script needs its #! line",
    ),
    (
        r"exec:? \"?(?P<it>/[^\": ]+)\"?: (?:stat \S+: )?no such file or directory",
        "the image has no {it}, or its #! line names a program that is missing",
        "correct the role's cmd or the image's ENTRYPOINT; look for Windows line ends in the script",
    ),
    (
        r"exec:? \"?(?P<it>[^\": ]+)\"?: permission denied",
        "{it} in the image may not be executed",
        "chmod +x it in the image",
    ),
    (
        r"could not select device driver",
        "this host has no driver for the devices that options ask for",
        "install the driver (for GPUs: nvidia-container-toolkit), or correct options",
    ),
    (
        r"network (?P<it>kamal) not found|No such network: (?P<it2>kamal)\b",
        "the network {it}, which deploys make, is not on this host",
        "`backstaff proxy boot`",
    ),
    (
        r"network (?P<it>\S+) not found|No such network: (?P<it2>\S+)",
        "the network {it} is not on this host",
        "`docker network create {it}`",
    ),
    (
        r"container name \"?/?(?P<it>[^\"\s]+)\"? is already in use",
        "another container is already named {it}",
        "remove or rename it: `docker rm {it}`",
    ),
    (
        r"no space left on device",
        "the disk of the host is full",
        "free space where Docker keeps its data: `docker system df`",
    ),
    (
        r"unknown flag: (?P<it>\S+)|invalid argument \"?(?P<it2>[^\"]+)\"? for",
        "docker does not accept {it}",
        "correct the role's options",
    ),
    (
        r"invalid restart policy '(?P<it>[^']*)'",
        "docker does not accept the restart policy {it}",
        "correct restart under the role's options",
    ),
    (
        r"No such image: (?P<it>\S+)|Unable to find image '(?P<it2>[^']+)'",
        "the image {it} is not on this host",
        "was it pulled here? Check the version and `docker image ls` on this host",
    ),
    (
        r"Minimum memory limit allowed|memory limit.*too low|range of CPUs",
        "a resource limit in options is not possible on this host",
        "correct memory and cpus under the role's options",
    ),
)


_PROXY_START: tuple[tuple[str, str, str], ...] = (
    (
        _PORT_TAKEN,
        "port {it}, which kamal-proxy publishes, is taken on this host",
        (
            "stop what has it: `ss -ltnp 'sport = :{it}'`, `docker ps --filter publish={it}`; "
            "or publish another port under proxy.run"
        ),
    ),
)

_DEPLOY: tuple[tuple[str, str, str], ...] = (
    (
        r"host settings conflict with another service|host is used by another service",
        "another service on this host's proxy has the same host and path",
        (
            "set proxy.host (or proxy.path_prefix) to one that is free, or remove the other service: "
            "`docker exec kamal-proxy kamal-proxy list`"
        ),
    ),
)


_DAEMON_DOWN = r"cannot connect to the Docker daemon|failed to connect to the docker API|error during connect"
"""What Docker's command line says, older and newer, where there is no daemon or it breaks off."""

_REFUSAL = (
    r"(?:unauthorized|no basic auth credentials|\bdenied: |insufficient_scope|authentication required"
    r"|incorrect username or password|failed to authorize|40[13] (?:Unauthorized|Forbidden))"
)


def pull_doom(error: str) -> Doom | None:
    """Why a pull can never succeed, from Docker's or the registry's error; None if a retry may help."""
    return _first(_PULL, error)


def registry_trouble(error: str) -> Doom | None:
    """Why the registry could not be asked for an image, from Docker's error: it may pass, or be mended."""
    return _first(_UNREACHED, error)


def start_doom(error: str) -> Doom | None:
    """Why a container can never be created or started, from Docker's error; None if that is not sure."""
    return _first(_START, error)


def proxy_start_doom(error: str) -> Doom | None:
    """Why the proxy's container can not be started, from what `docker run` said; None if that is not sure.

    Unlike the app's, its image is pulled by the same command if the host does not have it yet.
    """
    taken = _first(_PROXY_START, error)
    pull = pull_doom(error) if "Unable to find image" in error else None
    return taken or pull or start_doom(error)


def deploy_doom(error: str) -> Doom | None:
    """Why kamal-proxy refuses to send traffic to a container, however healthy it is; None if it does not."""
    return _first(_DEPLOY, error)


def daemon_was_down(error: str) -> bool:
    """Whether Docker's command line found no daemon, or lost it on the way."""
    return re.search(_DAEMON_DOWN, error, re.IGNORECASE) is not None


def push_refused(command: str, output: str) -> bool:
    """Whether `command` failed because the registry does not take the image from this account.

    buildx says that it was the pushing that failed; to another build the words may be about a base image, or
    be those of a program that runs in it.
    """
    refusal = _REFUSAL if command.startswith("docker push") else f"failed to push .*{_REFUSAL}"
    return re.search(refusal, output, re.IGNORECASE) is not None


def _first(table: tuple[tuple[str, str, str], ...], error: str) -> Doom | None:
    for pattern, reason, advice in table:
        found = re.search(pattern, error, re.IGNORECASE | re.DOTALL)
        if found:
            it = next((value for value in found.groupdict().values() if value), "").rstrip(".,")
            return Doom(reason.replace("{it}", it), advice.replace("{it}", it))
    return None
