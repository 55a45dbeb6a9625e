"""What `kamal secrets fetch` gave: one JSON object of names and secrets, and how a secret is found in it."""

import json
from collections.abc import Mapping
from difflib import get_close_matches

from backstaff.config.secrets.failure import SecretCommandFailed
from backstaff.half_characters import half_in


def find_secret(name: str, fetched: str) -> str:
    """The secret of that name, else the first whose name ends in `/NAME`: vaults put their path before it.

    Raises SecretCommandFailed, whose message does not have the name either: by mistake it may be a secret."""
    secrets = _parsed(fetched)
    secret = secrets.get(name)
    if _is_nothing(secret):
        secret = next((other for key, other in secrets.items() if key.endswith(f"/{name}")), None)
    if _is_nothing(secret):
        near = get_close_matches(name, sorted(secrets), n=1, cutoff=0.6)
        hint = f" (did you mean `{near[0]}`?)" if near else ""
        raise SecretCommandFailed(f"what was fetched has no secret of this name{hint}")
    if not isinstance(secret, str) or half_in(secret):
        raise SecretCommandFailed("what was fetched under this name is no text")
    return secret


def _is_nothing(secret: object) -> bool:
    """As Ruby sees it, for which an empty text and 0 are something."""
    return secret is None or secret is False


def _parsed(fetched: str) -> Mapping[str, object]:
    try:
        found: object = json.loads(fetched, parse_constant=_refused)
    except (ValueError, RecursionError):
        # The parser's own error would take the whole text along.
        found = None
    if not isinstance(found, dict):
        what = "what was given to `kamal secrets extract` is not what `kamal secrets fetch` gave"
        raise SecretCommandFailed(f"{what}; its variable has to stand there without quotes")
    return found


def _refused(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
