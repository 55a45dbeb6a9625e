"""`registry`, of the root or of an accessory."""

from typing import Annotated

from pydantic import BeforeValidator

from backstaff.config.credentials import Credential, SecretName, SecretValue
from backstaff.config.models.values import Section, as_text, wrong_kind
from backstaff.config.schema.names import checked_image


def _credential(value: object) -> Credential:
    if isinstance(value, SecretName | SecretValue):
        return value
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], str) and value[0]:
            return SecretName(value[0])
        raise wrong_kind("a string or a list with the name of one secret", value)
    if isinstance(value, dict) or value is None:
        raise wrong_kind("a string or a list with the name of one secret", value)
    return SecretValue(as_text(value))


def _server(value: object) -> str:
    return checked_image(value) if value != "" else ""


OptionalCredential = Annotated[SecretName | SecretValue | None, BeforeValidator(_credential)]


class RegistrySection(Section):
    """A `registry` section."""

    model_config = Section.model_config | {"arbitrary_types_allowed": True}

    server: Annotated[str | None, BeforeValidator(_server)] = None
    username: OptionalCredential = None
    password: OptionalCredential = None
