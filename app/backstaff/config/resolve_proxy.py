"""Proxy sections as written, turned into resolved settings."""

from backstaff.config.models.proxy import (
    DEFAULT_LOG_REQUEST_HEADERS,
    Buffering,
    Proxy,
    ProxyHealthcheck,
    ProxyLogging,
    ProxyRun,
    TlsCertificate,
)
from backstaff.config.schema.proxy import (
    CertificateSection,
    ProxyLoggingSection,
    ProxyRunSection,
    ProxySection,
)
from backstaff.config.written import path_prefixes, proxy_hosts


def resolve_proxy(section: ProxySection) -> Proxy:
    """The settings of one merged section."""
    check, buffer = section.healthcheck, section.buffering
    return Proxy(
        hosts=proxy_hosts(section),
        app_port=section.app_port,
        ssl=bool(section.ssl),
        certificate=_certificate(section.ssl),
        ssl_redirect=section.ssl_redirect,
        forward_headers=section.forward_headers,
        response_timeout=section.response_timeout,
        path_prefixes=path_prefixes(section),
        strip_path_prefix=section.strip_path_prefix,
        healthcheck=ProxyHealthcheck(check.interval, check.path, check.timeout),
        buffering=Buffering(
            buffer.requests,
            buffer.responses,
            buffer.memory,
            buffer.max_request_body,
            buffer.max_response_body,
        ),
        logging=_logging(section.logging),
        run=_run(section.run) if section.run else None,
    )


def _certificate(ssl: bool | CertificateSection) -> TlsCertificate | None:
    if isinstance(ssl, bool) or ssl.certificate_pem is None or ssl.private_key_pem is None:
        return None
    return TlsCertificate(ssl.certificate_pem, ssl.private_key_pem)


def _logging(section: ProxyLoggingSection) -> ProxyLogging:
    request_headers = section.request_headers
    if request_headers is None:
        request_headers = DEFAULT_LOG_REQUEST_HEADERS
    return ProxyLogging(request_headers, section.response_headers)


def _run(section: ProxyRunSection) -> ProxyRun:
    return ProxyRun(
        http_port=section.http_port,
        https_port=section.https_port,
        metrics_port=section.metrics_port,
        debug=section.debug,
        log_max_size=section.log_max_size,
        publish=section.publish,
        bind_ips=tuple(ip.removeprefix("[").removesuffix("]") for ip in section.bind_ips),
        registry=section.registry,
        repository=section.repository,
        version=section.version,
        options=section.options,
    )
