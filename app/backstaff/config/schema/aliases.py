"""`aliases`: other names for commands."""

import re
from typing import Annotated

from pydantic import BeforeValidator

from backstaff.config.models.values import Text, as_mapping, as_text, refuse

_ALIAS = re.compile(r"[a-z0-9_-]+", re.ASCII)

KAMALS_COMMANDS = frozenset(
    {"accessory", "app", "audit", "build", "config", "deploy", "details", "docs", "help", "init", "lock"}
    | {"proxy", "prune", "redeploy", "registry", "remove", "rollback", "secrets", "server", "setup"}
    | {"upgrade", "version"}
)
"""Commands of Kamal, which no alias may hide."""

OWN_COMMANDS = frozenset({"demo", "plan", "replay", "runs"})
"""Commands that Kamal does not have, so that there may be aliases of these names."""


def _alias(value: object) -> str:
    name = as_text(value)
    if not _ALIAS.fullmatch(name):
        raise refuse("is not an alias name: use lower-case letters, digits, hyphens and underscores")
    if name in KAMALS_COMMANDS:
        raise refuse(f"hides the built-in command {name}")
    return name


Aliases = Annotated[dict[Annotated[str, BeforeValidator(_alias)], Text], BeforeValidator(as_mapping)]
"""Command lines without the program, by the name that stands for them."""
