"""The command line of kamal-proxy 0.9, as far as it changes what the simulated one does."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from backstaff.clock import Seconds

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")

_SWITCHES = frozenset(
    """
    strip-path-prefix tls tls-redirect tls-staging force buffer-requests buffer-responses forward-headers
    read-target-websockets scope-cookie-paths debug http3
    """.split()  # noqa: SIM905 (as text they can be read)
)
_VALUES = frozenset(
    """
    target host path-prefix tls-certificate-path tls-private-key-path deploy-timeout drain-timeout
    health-check-interval health-check-timeout health-check-path health-check-port health-check-host
    target-timeout max-request-body error-pages tls-on-demand-url tls-acme-cache-path canonical-host
    client-ip-header buffer-memory max-response-body read-target log-request-header log-response-header
    exclude-metrics-path writer-affinity-timeout message max-pause http-port https-port metrics-port
    """.split()  # noqa: SIM905 (as text they can be read)
)


class ProxyRefusal(Exception):
    """What kamal-proxy prints after `Error: `; it then exits with 1."""


@dataclass(frozen=True)
class DeployOptions:
    """How a target is checked and served; the times are in seconds."""

    hosts: tuple[str, ...] = ()
    path_prefix: str = ""
    tls: bool = False
    certificate: str = ""
    private_key: str = ""
    deploy_timeout: Seconds = 30.0
    drain_timeout: Seconds = 30.0
    interval: Seconds = 1.0
    timeout: Seconds = 5.0
    path: str = "/up"
    port: int = 0
    error_pages: str = ""
    buffers_requests: bool = False
    max_request_body: int = 0


@dataclass
class Arguments:
    """Plain arguments, and the values of each option."""

    plain: list[str] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """The last value of an option."""
        return self.options.get(name, [default])[-1]

    def switch(self, name: str, *, default: bool = False) -> bool:
        """Whether a switch is on."""
        return self.text(name, "true" if default else "false") == "true"

    def duration(self, name: str, default: Seconds = 30.0) -> Seconds:
        """An option's value in seconds."""
        return parse_duration(self.text(name)) if name in self.options else default

    def items(self, name: str) -> tuple[str, ...]:
        """All values of an option that may be repeated or hold several, separated by commas."""
        return tuple(item for text in self.options.get(name, ()) for item in text.split(","))

    @property
    def service(self) -> str:
        """The one plain argument."""
        if len(self.plain) != 1:
            raise ProxyRefusal(f"accepts 1 arg(s), received {len(self.plain)}")
        return self.plain[0]


def parse(words: Sequence[str]) -> Arguments:
    """Takes a command line apart; options and arguments in any order. Raises ProxyRefusal."""
    found = Arguments()
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            found.plain.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        found.options.setdefault(name, []).append(value if equals else _value(name, rest))
    return found


def _value(name: str, rest: Iterator[str]) -> str:
    if name in _SWITCHES:
        return "true"
    if name not in _VALUES:
        raise ProxyRefusal(f"unknown flag: --{name}")
    value = next(rest, None)
    if value is None:
        raise ProxyRefusal(f"flag needs an argument: --{name}")
    return value


def deploy_options(arguments: Arguments) -> DeployOptions:
    """The options of `kamal-proxy deploy`."""
    return DeployOptions(
        hosts=tuple(host for host in arguments.items("host") if host),
        path_prefix=arguments.text("path-prefix"),
        tls=arguments.switch("tls"),
        certificate=arguments.text("tls-certificate-path"),
        private_key=arguments.text("tls-private-key-path"),
        deploy_timeout=arguments.duration("deploy-timeout"),
        drain_timeout=arguments.duration("drain-timeout"),
        interval=arguments.duration("health-check-interval", 1.0),
        timeout=arguments.duration("health-check-timeout", 5.0),
        path=arguments.text("health-check-path", "/up"),
        port=int(arguments.text("health-check-port", "0")),
        error_pages=arguments.text("error-pages"),
        buffers_requests=arguments.switch("buffer-requests"),
        max_request_body=int(arguments.text("max-request-body", "0")),
    )


def parse_duration(text: str) -> Seconds:
    """Go's text for a duration, such as `1m30s`, in seconds."""
    parts = _DURATION.findall(text)
    if "".join(number + unit for number, unit in parts) != text or not parts:
        raise ProxyRefusal(f'invalid argument "{text}": time: invalid duration "{text}"')
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def go_duration(seconds: Seconds) -> str:
    """Seconds as Go prints them: `30s`, `1m30s`, `500ms`."""
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return f"{rest:g}s"
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}h{minutes}m{rest:g}s" if hours else f"{minutes}m{rest:g}s"
