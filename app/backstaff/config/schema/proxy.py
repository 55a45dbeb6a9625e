"""`proxy` sections: at the root, of a role, of an accessory."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import BeforeValidator, Field, Tag

from backstaff.config.models.numbers import OptionalBytes, OptionalPort, OptionalSeconds, Port
from backstaff.config.models.proxy import DEFAULT_PROXY_REPOSITORY, DEFAULT_PROXY_VERSION
from backstaff.config.models.values import (
    Flag,
    OptionalFlag,
    OptionalText,
    OptionalTextList,
    Section,
    Text,
    as_list,
    as_text,
    refuse,
)
from backstaff.config.schema.containers import FreeOptions
from backstaff.config.schema.names import ImageName
from backstaff.config.schema.shapes import BY_SHAPE_OR_FLAG, FLAG, MAP, expecting


class CertificateSection(Section):
    """`ssl` with a certificate of one's own: names of secrets."""

    certificate_pem: OptionalText = None
    private_key_pem: OptionalText = None


class HealthcheckSection(Section):
    """`proxy/healthcheck`."""

    interval: OptionalSeconds = None
    path: OptionalText = None
    timeout: OptionalSeconds = None


class BufferingSection(Section):
    """`proxy/buffering`."""

    requests: Flag = True
    responses: Flag = True
    memory: OptionalBytes = None
    max_request_body: OptionalBytes = None
    max_response_body: OptionalBytes = None


class ProxyLoggingSection(Section):
    """`proxy/logging`."""

    request_headers: OptionalTextList = None
    response_headers: OptionalTextList = None


def _bind_ip(value: object) -> str:
    text = as_text(value)
    try:
        ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError as error:
        raise refuse("is not an IP address to publish on") from error
    return text


class ProxyRunSection(Section):
    """`proxy/run`."""

    http_port: Port = 80
    https_port: Port = 443
    metrics_port: OptionalPort = None
    debug: Flag = False
    log_max_size: Text = "10m"
    publish: Flag = True
    bind_ips: Annotated[tuple[Annotated[str, BeforeValidator(_bind_ip)], ...], BeforeValidator(as_list)] = ()
    registry: Annotated[str | None, ImageName.__metadata__[0]] = None
    repository: ImageName = DEFAULT_PROXY_REPOSITORY
    version: ImageName = DEFAULT_PROXY_VERSION
    options: FreeOptions = Field(default_factory=dict)


class ProxySection(Section):
    """One `proxy` section as written; unset keys stay unset, so that a role can be laid over the root."""

    host: OptionalText = None
    hosts: OptionalTextList = None
    app_port: Port = 80
    ssl: Annotated[
        Annotated[Flag, Tag(FLAG)] | Annotated[CertificateSection, Tag(MAP)],
        BY_SHAPE_OR_FLAG,
        expecting("true, false or a mapping", FLAG, MAP),
    ] = False
    ssl_redirect: OptionalFlag = None
    forward_headers: OptionalFlag = None
    response_timeout: OptionalSeconds = None
    path_prefix: OptionalText = None
    path_prefixes: OptionalTextList = None
    strip_path_prefix: OptionalFlag = None
    healthcheck: Annotated[HealthcheckSection, expecting("a mapping", MAP)] = HealthcheckSection()
    buffering: Annotated[BufferingSection, expecting("a mapping", MAP)] = BufferingSection()
    logging: Annotated[ProxyLoggingSection, expecting("a mapping", MAP)] = ProxyLoggingSection()
    run: Annotated[ProxyRunSection | None, expecting("a mapping", MAP)] = None


RootProxy = Annotated[ProxySection, expecting("a mapping", MAP)]

RoleProxy = Annotated[
    Annotated[Flag, Tag(FLAG)] | Annotated[ProxySection, Tag(MAP)],
    BY_SHAPE_OR_FLAG,
    expecting("true, false or a mapping", FLAG, MAP),
]
