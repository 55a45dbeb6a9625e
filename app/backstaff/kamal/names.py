"""How Kamal names containers and images."""

from backstaff.config.models import Config

NETWORK = "kamal"
PROXY_CONTAINER = "kamal-proxy"
PROXY_VOLUME = "kamal-proxy-config"

_HOSTNAME_CHARS = 51


def container_prefix(config: Config, role: str) -> str:
    """What the names of all containers of a role begin with; also the role's service name in the proxy."""
    return "-".join(part for part in (config.service, role, config.destination) if part)


def container_name(config: Config, role: str, version: str) -> str:
    """Name of the container that runs `version` of a role."""
    return f"{container_prefix(config, role)}-{version}"


def replaced_name(name: str, token: str) -> str:
    """The name that a container gets when its version is deployed once more; `token` is 16 hex digits."""
    return f"{name}_replaced_{token}"


def assets_container(config: Config, role: str) -> str:
    """Name of the container that is created only to copy files out of the image."""
    return f"{container_prefix(config, role)}-assets"


def version_of(name: str, prefix: str) -> str:
    """Version in a container's name; a name without the prefix is returned whole, as Kamal does."""
    return name.removeprefix(f"{prefix}-")


def container_hostname(host: str, token: str) -> str:
    """Host name inside a container on `host`; `token` is 12 hex digits, new for each container."""
    return f"{host[:_HOSTNAME_CHARS].removesuffix('.')}-{token}"


def latest_image(config: Config) -> str:
    """Reference of the image that was deployed last to this destination."""
    return config.absolute_image(config.latest_tag)


def abbreviated_version(version: str) -> str:
    """The first seven characters, or all of a version with an underscore (`…_uncommitted_…`)."""
    return version if "_" in version else version[:7]
