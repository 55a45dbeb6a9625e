"""`ssh` and `sshkit`."""

from typing import Annotated

from pydantic import BeforeValidator, Tag

from backstaff.config.host_address import parse_host
from backstaff.config.models.numbers import Count, Tries, WholeSeconds, as_port, digits_of
from backstaff.config.models.values import (
    Flag,
    OptionalFlag,
    OptionalText,
    OptionalTextList,
    Section,
    Text,
    TextList,
    as_text,
    refuse,
    wrong_kind,
)
from backstaff.config.schema.shapes import BY_SHAPE_OR_FLAG, FLAG, LIST, TEXT, expecting


def _port(value: object) -> int:
    if isinstance(value, str):
        if not value.isdecimal():
            raise wrong_kind("a port number", value)
        return as_port(digits_of(value))
    return as_port(value)


def _jump_host(value: object) -> str:
    text = as_text(value)
    try:
        parse_host(text)
    except ValueError as error:
        raise refuse(str(error)) from error
    return text


class SshSection(Section):
    """The `ssh` section as written."""

    user: Text = "root"
    port: Annotated[int, BeforeValidator(_port)] = 22
    proxy: Annotated[str | None, BeforeValidator(_jump_host)] = None
    proxy_command: OptionalText = None
    log_level: Text = "fatal"
    keys_only: Flag = False
    keys: OptionalTextList = None
    key_data: TextList = ()
    config: Annotated[
        Annotated[Flag, Tag(FLAG)] | Annotated[Text, Tag(TEXT)] | Annotated[TextList, Tag(LIST)],
        BY_SHAPE_OR_FLAG,
        expecting("true, false, a file or a list of files", FLAG, TEXT, LIST),
    ] = True
    forward_agent: OptionalFlag = None


class SshKitSection(Section):
    """The `sshkit` section as written."""

    max_concurrent_starts: Count = 30
    pool_idle_timeout: WholeSeconds = 900
    dns_retries: Tries = 3
