"""What a command of Kamal's is for, read from its text: which step, of which role and container."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What commands are for. The value is the step's name, as Backstaff's own runs name it where they can."""

    LOGIN = "log in to the registry"
    MIRROR = "look for a registry mirror"
    DROP_IMAGE = "remove the image's name"
    PULL = "pull"
    LABEL = "check the image's label"
    RUN_DIRECTORY = "make the run directory"
    LOCK = "take the deploy lock"
    UNLOCK = "release the deploy lock"
    LOCK_STATUS = "read the deploy lock"
    AUDIT = "write the audit log"
    NETWORK = "ensure the network"
    PROXY_VERSION = "look at the proxy's version"
    PROXY_DIRECTORY = "make the proxy's directory"
    PROXY_START = "start the proxy"
    LIST = "list the running versions"
    CURRENT = "look for the running version"
    FIND = "look for the container"
    RENAME = "rename the old container"
    ENV_DIRECTORY = "make the env directory"
    ASSETS = "bring the assets over"
    RUN = "run the container"
    PROXY_DEPLOY = "switch the proxy"
    STATUS = "look at the container's state"
    LOGS = "fetch the container's log"
    HEALTH_LOG = "fetch the container's health log"
    STOP = "stop the container"
    TAG = "tag as latest"
    PRUNE = "prune"
    HOOK = "hook"
    BUILD = "build the image"
    OTHER = "run a command"


@dataclass(frozen=True)
class Meaning:
    """A command's purpose, and what its text tells of the run.

    `container` is the name that it is about, `prefix` what names of the role's containers begin with.
    `limits` are the proxy's deploy and drain timeouts in seconds."""

    kind: Kind
    detail: str = ""
    service: str = ""
    destination: str = ""
    role: str = ""
    container: str = ""
    prefix: str = ""
    version: str = ""
    image: str = ""
    mutates: bool = False
    limits: tuple[float, float] | None = None

    @property
    def step(self) -> str:
        """The name of the step that the command is."""
        return f"{self.kind.value} {self.detail}" if self.kind is Kind.HOOK else self.kind.value


_LABELS = (
    r"label=service=(?P<service>\S+) --filter label=destination=(?P<destination>\S*)"
    r"(?: --filter label=role=(?P<role>\S+))?"
)
_FIND = r"docker container ls --all --filter (?P<quote>'?)name=\^(?P<container>[^$\s]+)\$(?P=quote) --quiet"
_THEN = _FIND + r" \| xargs docker "
_SERVICE = (
    r"docker inspect -f '\{\{ \.Config\.Labels\.service \}\}' (?P<image>\S+) \| grep -x (?P<service>\S+)"
)
_PREFIX = r"--format \S+ \| while read line; do echo \$\{line#(?P<prefix>\S+)-\}"
_READS: tuple[tuple[Kind, str], ...] = (
    (Kind.MIRROR, r"docker info --format \S*'\{\{index \.RegistryConfig\.Mirrors"),
    (Kind.LABEL, _SERVICE),
    (Kind.LOCK_STATUS, r"stat \.kamal/lock-"),
    (Kind.PROXY_VERSION, r"docker inspect kamal-proxy --format"),
    (Kind.LIST, rf"docker ps --filter {_LABELS} {_PREFIX}"),
    (Kind.CURRENT, rf"sh -c 'docker ps --latest .*?{_LABELS}"),
    (Kind.STATUS, rf"{_THEN}inspect --format '\{{\{{if \.State\.Health"),
    (Kind.HEALTH_LOG, rf"{_THEN}inspect"),
    (Kind.LOGS, rf"{_THEN}logs"),
    (Kind.FIND, rf"{_FIND}$"),
)
_CHANGES: tuple[tuple[Kind, str], ...] = (
    (Kind.LOGIN, r"docker login\b"),
    (Kind.DROP_IMAGE, r"docker image rm --force (?P<image>\S+)"),
    (Kind.PULL, r"docker (?:image )?pull (?P<image>\S+)"),
    (Kind.AUDIT, r"mkdir -p \.kamal && echo .*-audit\.log"),
    (Kind.RUN_DIRECTORY, r"mkdir -p \.kamal$"),
    (Kind.LOCK, r"mkdir \.kamal/lock-\S+ && "),
    (Kind.UNLOCK, r"rm \.kamal/lock-\S+/details && "),
    (Kind.NETWORK, r"docker network create (?P<detail>\S+)"),
    (Kind.PROXY_DIRECTORY, r"mkdir -p \.kamal/proxy"),
    (Kind.PROXY_START, r"docker (?:container start|run --name) (?:kamal-proxy|traefik)\b"),
    (Kind.STOP, rf"{_THEN}stop"),
    (Kind.RENAME, r"docker rename (?P<container>\S+) (?P<detail>\S+)"),
    (Kind.ENV_DIRECTORY, r"mkdir -p \.kamal/apps/\S+/env/"),
    (Kind.ASSETS, r"(?:mkdir -p|find) \.kamal/apps/\S+/assets/"),
    (Kind.RUN, r"docker run --detach .*--name (?P<container>\S+) .*--label service="),
    (Kind.PROXY_DEPLOY, r"docker exec kamal-proxy kamal-proxy deploy (?P<prefix>\S+)"),
    (Kind.TAG, r"docker tag (?P<image>\S+) \S+"),
    (Kind.PRUNE, r"docker ps -q -a --filter label=service=(?P<service>\S+)"),
    (Kind.PRUNE, r"docker image (?:prune|ls) (?:--force )?--filter label=service="),
    (Kind.HOOK, r"\S*hooks/(?P<detail>[\w-]+)$"),
    (Kind.BUILD, r"docker (?:buildx|build|context) |docker --version|git "),
)
_COMPILED = tuple(
    (kind, mutates, re.compile(pattern, re.DOTALL))
    for table, mutates in ((_READS, False), (_CHANGES, True))
    for kind, pattern in table
)
_LABEL = r'--label {}(?:="(?P<value>[^"]*)")?(?= )'
_RUN_FACTS = {name: re.compile(_LABEL.format(name)) for name in ("service", "role", "destination")}
_VERSION = re.compile(r'KAMAL_VERSION="(?P<value>[^"]*)"')
_TIMEOUT = r'--{}-timeout[= ]"?(?P<s>\d{{1,9}})s"?'
_DEPLOY_TIMEOUT = re.compile(_TIMEOUT.format("deploy"))
_DRAIN_TIMEOUT = re.compile(_TIMEOUT.format("drain"))


def meaning_of(command: str) -> Meaning:
    """What a command is for; one that Kamal is not known to run is `OTHER`, which may change something."""
    text = command.strip().removeprefix("/usr/bin/env ")
    for kind, mutates, pattern in _COMPILED:
        if found := pattern.match(text):
            return _completed(kind, mutates, text, {k: v or "" for k, v in found.groupdict().items()})
    return Meaning(Kind.OTHER, mutates=True)


def _completed(kind: Kind, mutates: bool, text: str, found: dict[str, str]) -> Meaning:
    if kind is Kind.RUN:
        found |= {name: _value(pattern, text) for name, pattern in _RUN_FACTS.items()}
        found["version"] = _value(_VERSION, text)
        found["prefix"] = found["container"].removesuffix(f"-{found['version']}")
    if kind is Kind.PULL:
        found["version"] = found["image"].rpartition("/")[2].partition(":")[2]
    limits = _limits(text) if kind is Kind.PROXY_DEPLOY else None
    fields = ("detail", "service", "destination", "role", "container", "prefix", "version", "image")
    known = {name: found.get(name, "") for name in fields}
    return Meaning(kind, **known, mutates=mutates, limits=limits)


def _value(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return (found["value"] or "") if found else ""


def _limits(text: str) -> tuple[float, float] | None:
    deploy, drain = _DEPLOY_TIMEOUT.search(text), _DRAIN_TIMEOUT.search(text)
    return (float(deploy["s"]), float(drain["s"])) if deploy and drain else None
