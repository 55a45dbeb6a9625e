"""Environment of containers: clear values and names of secrets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from backstaff.config.models.values import NO_TEXTS


class SecretVar(NamedTuple):
    """One variable whose value is a secret: its name in the container, and the secret's name."""

    env_name: str
    secret_name: str


@dataclass(frozen=True)
class EnvVars:
    """Clear values and secrets in the order in which they go to Docker."""

    clear: Mapping[str, str] = field(default_factory=lambda: NO_TEXTS)
    secret: tuple[SecretVar, ...] = ()


@dataclass(frozen=True)
class RootEnv(EnvVars):
    """The root `env`, which alone may define tags for hosts."""

    tags: Mapping[str, EnvVars] = field(default_factory=dict)


def combine(layers: Iterable[EnvVars]) -> EnvVars:
    """Lays environments over each other.

    Later clear values replace earlier ones in place; the lists of secrets are united, and where two
    entries name the same variable, the later one wins in the place of the first.
    """
    clear: dict[str, str] = {}
    listed: dict[SecretVar, None] = {}
    for layer in layers:
        clear.update(layer.clear)
        listed.update(dict.fromkeys(layer.secret))
    secrets = {variable.env_name: variable.secret_name for variable in listed}
    return EnvVars(clear, tuple(SecretVar(name, secret) for name, secret in secrets.items()))
