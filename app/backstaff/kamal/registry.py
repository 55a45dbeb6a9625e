"""Signing in to the registry, and the label by which an image is known to be the service's."""

from collections.abc import Mapping

from backstaff.config.credentials import Credential, SecretName, SecretValue
from backstaff.config.models import Config, Registry
from backstaff.errors import RemoteError, SecretsError

DOCKER_HUB = "https://index.docker.io/v1/"
"""What Docker calls its own registry in credentials."""
_HUB_NAMES = {"index.docker.io", "docker.io", "registry-1.docker.io"}


def auth_server(registry: Registry) -> str:
    """The server that credentials are for, as Docker writes it."""
    return registry.server or DOCKER_HUB


def docker_server(registry: Registry) -> str:
    """The name under which the docker command looks for a login, whichever way deploy.yml writes the server:
    without a scheme and path, and Docker's own registry by its old address."""
    host = auth_server(registry).partition("://")[2] or registry.server or ""
    name = host.partition("/")[0]
    return DOCKER_HUB if name in _HUB_NAMES else name


def credential_text(credential: Credential | None, secrets: Mapping[str, str]) -> str:
    """The text of a user name or password; empty for none. Raises SecretsError if the secret is unknown."""
    match credential:
        case None:
            return ""
        case SecretValue():
            return credential.reveal()
        case SecretName(name=name):
            if name not in secrets:
                raise SecretsError(
                    f"secret `{name}` is not defined", fix=f"define `{name}` in a secrets file"
                )
            return secrets[name]


def check_service_label(config: Config, version: str, labels: Mapping[str, str], *, where: str = "") -> None:
    """Raises RemoteError unless the image carries the label that ties it to the service.

    Without it the image would never be pruned, and it may be another service's.
    """
    found = labels.get("service")
    if found == config.service:
        return
    image = config.absolute_image(version)
    problem = "is missing the `service` label" if found is None else f"has the label service={found}"
    raise RemoteError(
        f"image {image} {problem}, expected service={config.service}",
        where=where,
        fix=f"build it with Backstaff or Kamal, or with `--label service={config.service}`",
    )
