"""Where Kamal keeps its files on a host. All are relative to the login home unless they say otherwise."""

from backstaff.config.models import Config

RUN_DIR = ".kamal"
PROXY_DIR = f"{RUN_DIR}/proxy"
APPS_CONFIG_DIR = f"{PROXY_DIR}/apps-config"
APPS_CONFIG_IN_PROXY = "/home/kamal-proxy/.apps-config"


def app_dir(config: Config) -> str:
    """Directory of the service and destination."""
    return f"{RUN_DIR}/apps/{config.service_with_destination}"


def env_dir(config: Config) -> str:
    """Directory of the roles' env files."""
    return f"{app_dir(config)}/env/roles"


def env_file(config: Config, role: str) -> str:
    """File with a role's secrets; readable by the login user alone."""
    return f"{env_dir(config)}/{role}.env"


def extracted_assets_dir(config: Config, role: str, version: str) -> str:
    """Assets as they were in the image of one version."""
    return f"{app_dir(config)}/assets/extracted/{role}-{version}"


def asset_volume_dir(config: Config, role: str, version: str) -> str:
    """Assets that the containers of one version serve: their own and those of its neighbours."""
    return f"{app_dir(config)}/assets/volumes/{role}-{version}"


def lock_dir(config: Config) -> str:
    """The deploy lock; it is held while this directory exists."""
    return f"{RUN_DIR}/lock-{config.service_with_destination}"


def audit_log(config: Config) -> str:
    """The audit log."""
    return f"{RUN_DIR}/{config.service_with_destination}-audit.log"


def proxy_app_dir(config: Config) -> str:
    """What the proxy reads about this service and destination, as the host sees it."""
    return f"{APPS_CONFIG_DIR}/{config.service_with_destination}"


def proxy_app_dir_in_proxy(config: Config) -> str:
    """The same directory as the proxy sees it; absolute."""
    return f"{APPS_CONFIG_IN_PROXY}/{config.service_with_destination}"


def error_pages_dir(config: Config, version: str) -> str:
    """Error pages of one version, as the host sees them."""
    return f"{proxy_app_dir(config)}/error_pages/{version}"


def error_pages_dir_in_proxy(config: Config, version: str) -> str:
    """Error pages of one version, as the proxy sees them; absolute."""
    return f"{proxy_app_dir_in_proxy(config)}/error_pages/{version}"


def tls_dir(config: Config, role: str) -> str:
    """Certificate (`cert.pem`) and key (`key.pem`) of a role, as the host sees them."""
    return f"{proxy_app_dir(config)}/tls/{role}"


def tls_dir_in_proxy(config: Config, role: str) -> str:
    """The same directory as the proxy sees it; absolute."""
    return f"{proxy_app_dir_in_proxy(config)}/tls/{role}"
