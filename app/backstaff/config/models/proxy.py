"""What deploy.yml says about kamal-proxy: the routing of a role, and how the proxy itself is run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backstaff.config.models.container import OptionValue

DEFAULT_LOG_REQUEST_HEADERS = ("Cache-Control", "Last-Modified", "User-Agent")
DEFAULT_PROXY_REPOSITORY = "basecamp/kamal-proxy"
DEFAULT_PROXY_VERSION = "v0.9.2"


@dataclass(frozen=True)
class TlsCertificate:
    """A certificate of one's own: names of the secrets that hold the two PEM texts."""

    certificate_pem: str
    private_key_pem: str


@dataclass(frozen=True)
class ProxyHealthcheck:
    """How the proxy checks a target; None leaves it to the proxy (every 1 s, 5 s limit, `/up`)."""

    interval: int | None = None
    path: str | None = None
    timeout: int | None = None


@dataclass(frozen=True)
class Buffering:
    """Request and response buffering; sizes in bytes, None leaves them to the proxy."""

    requests: bool = True
    responses: bool = True
    memory: int | None = None
    max_request_body: int | None = None
    max_response_body: int | None = None


@dataclass(frozen=True)
class ProxyLogging:
    """Headers that the proxy writes to its log."""

    request_headers: tuple[str, ...] = DEFAULT_LOG_REQUEST_HEADERS
    response_headers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ProxyRun:
    """How the proxy container is started when deploy.yml has a `proxy/run` section.

    An empty `log_max_size` means no `--log-opt`. `bind_ips` are as written, IPv6 without brackets.
    """

    http_port: int = 80
    https_port: int = 443
    metrics_port: int | None = None
    debug: bool = False
    log_max_size: str = "10m"
    publish: bool = True
    bind_ips: tuple[str, ...] = ()
    registry: str | None = None
    repository: str = DEFAULT_PROXY_REPOSITORY
    version: str = DEFAULT_PROXY_VERSION
    options: Mapping[str, OptionValue] = field(default_factory=dict)

    @property
    def image(self) -> str:
        """Image reference with tag."""
        name = f"{self.registry}/{self.repository}" if self.registry else self.repository
        return f"{name}:{self.version}"


@dataclass(frozen=True)
class Proxy:
    """Routing of one proxied role or accessory. None means unset: no flag is passed for it.

    `ssl` is true with and without a certificate of one's own; `certificate` tells them apart.
    """

    hosts: tuple[str, ...] = ()
    app_port: int = 80
    ssl: bool = False
    certificate: TlsCertificate | None = None
    ssl_redirect: bool | None = None
    forward_headers: bool | None = None
    response_timeout: int | None = None
    path_prefixes: tuple[str, ...] = ()
    strip_path_prefix: bool | None = None
    healthcheck: ProxyHealthcheck = ProxyHealthcheck()
    buffering: Buffering = Buffering()
    logging: ProxyLogging = ProxyLogging()
    run: ProxyRun | None = None
