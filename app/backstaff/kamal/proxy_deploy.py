"""What kamal-proxy is told: to switch a role to another container, or to forget it."""

from collections.abc import Mapping
from dataclasses import dataclass

from backstaff.config.models import Config, OptionValue, Proxy, Role
from backstaff.kamal.names import PROXY_CONTAINER, container_prefix
from backstaff.kamal.paths import error_pages_dir_in_proxy, tls_dir_in_proxy
from backstaff.kamal.quoting import optionize

_PROGRAM = "kamal-proxy"


@dataclass(frozen=True)
class ProxyCommand:
    """One call of kamal-proxy: `argv` to run inside the proxy container without a shell, `line` to show."""

    argv: tuple[str, ...]
    line: str


def deploy_command(config: Config, role: Role, version: str, *, target: str) -> ProxyCommand:
    """Health-checks a new target and switches the role's traffic to it; returns when the old one is drained.

    `target` is a name or container id that resolves on the proxy's network, without port. Raises ValueError
    for a role that is not behind the proxy.
    """
    if role.proxy is None:
        raise ValueError(f"role {role.name} is not behind the proxy")
    flags = deploy_flags(config, role.name, role.proxy, version, target=target)
    return _command("deploy", container_prefix(config, role.name), flags)


def remove_command(config: Config, role: str) -> ProxyCommand:
    """Takes a role out of the proxy."""
    return _command("remove", container_prefix(config, role), {})


def list_command() -> ProxyCommand:
    """Lists what the proxy serves."""
    return ProxyCommand((_PROGRAM, "list"), f"docker exec {PROXY_CONTAINER} {_PROGRAM} list")


def deploy_flags(
    config: Config, role: str, proxy: Proxy, version: str, *, target: str
) -> dict[str, OptionValue]:
    """The flags of a switch by name, in Kamal's order; what deploy.yml leaves unset has none."""
    check = proxy.healthcheck
    flags: dict[str, OptionValue | None] = {
        "target": f"{target}:{proxy.app_port}",
        "host": proxy.hosts,
        "tls": True if proxy.ssl else None,
        **_certificate(config, role, proxy),
        "deploy-timeout": _seconds(config.deploy_timeout),
        "drain-timeout": _seconds(config.drain_timeout),
        "health-check-interval": _seconds(check.interval),
        "health-check-timeout": _seconds(check.timeout),
        "health-check-path": check.path,
        "target-timeout": _seconds(proxy.response_timeout),
        **_buffering(proxy),
        "path-prefix": proxy.path_prefixes,
        "strip-path-prefix": proxy.strip_path_prefix,
        "forward-headers": proxy.forward_headers,
        "tls-redirect": proxy.ssl_redirect,
        "log-request-header": proxy.logging.request_headers,
        "log-response-header": proxy.logging.response_headers,
        "error-pages": error_pages_dir_in_proxy(config, version) if config.error_pages_path else None,
    }
    return {name: value for name, value in flags.items() if value is not None}


def _certificate(config: Config, role: str, proxy: Proxy) -> dict[str, OptionValue | None]:
    if proxy.certificate is None:
        return {}
    directory = tls_dir_in_proxy(config, role)
    return {
        "tls-certificate-path": f"{directory}/cert.pem",
        "tls-private-key-path": f"{directory}/key.pem",
    }


def _buffering(proxy: Proxy) -> dict[str, OptionValue | None]:
    buffering = proxy.buffering
    return {
        "buffer-requests": buffering.requests,
        "buffer-responses": buffering.responses,
        "buffer-memory": _number(buffering.memory),
        "max-request-body": _number(buffering.max_request_body),
        "max-response-body": _number(buffering.max_response_body),
    }


def _seconds(value: int | None) -> str | None:
    return None if value is None else f"{value}s"


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def _command(action: str, service: str, flags: Mapping[str, OptionValue]) -> ProxyCommand:
    shown = " ".join([_PROGRAM, action, service, *optionize(flags, separator="=")])
    return ProxyCommand(
        argv=(_PROGRAM, action, service, *_plain(flags)), line=f"docker exec {PROXY_CONTAINER} {shown}"
    )


def _plain(flags: Mapping[str, OptionValue]) -> list[str]:
    words: list[str] = []
    for name, value in flags.items():
        for item in value if isinstance(value, tuple) else (value,):
            words.append(f"--{name}" if item is True else f"--{name}={'false' if item is False else item}")
    return words
