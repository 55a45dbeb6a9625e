"""The command that creates a role's container."""

from collections.abc import Mapping

from backstaff.config.models import Config, Logging, OptionValue, Role
from backstaff.kamal.names import NETWORK, container_name
from backstaff.kamal.paths import asset_volume_dir, env_file
from backstaff.kamal.quoting import argumentize, esc, optionize, word

_DEFAULT_LOG_SIZE = "10m"
_ONLY_FOR_RUN = frozenset({"detach", "detach-keys", "sig-proxy"})


def create_line(config: Config, role: Role, host: str, version: str, *, hostname: str) -> str:
    """The `docker create` line for a role on a host; no secret is in it.

    Arguments and their order are those of Kamal's `docker run --detach`, so that containers of the two
    tools can not be told apart. Volumes, options and the role's command go to the host's shell as they are
    written in deploy.yml.
    """
    words = [
        *("docker create --restart", role.restart_policy),
        *("--name", container_name(config, role.name, version)),
        *("--network", NETWORK),
        *("--hostname", word(hostname)),
        *_environment(config, role, host, version),
        *logging_arguments(role.logging),
        *argumentize("--volume", config.volumes),
        *_asset_volume(config, role, version),
        *_labels(config, role),
        *_options(role.options),
        config.absolute_image(version),
    ]
    return " ".join([*words, role.cmd] if role.cmd else words)


def logging_arguments(logging: Logging) -> list[str]:
    """Log driver and options; without either the log is capped at 10 MB."""
    if not logging.driver and not logging.options:
        return argumentize("--log-opt", {"max-size": _DEFAULT_LOG_SIZE})
    driver = optionize({"log-driver": logging.driver}) if logging.driver else []
    return [*driver, *argumentize("--log-opt", logging.options)]


def _environment(config: Config, role: Role, host: str, version: str) -> list[str]:
    name = container_name(config, role.name, version)
    own = {"KAMAL_CONTAINER_NAME": name, "KAMAL_VERSION": version, "KAMAL_HOST": host}
    if config.destination:
        own["KAMAL_DESTINATION"] = config.destination
    described = [part for key, value in own.items() for part in ("--env", f"{key}={esc(value)}")]
    clear = argumentize("--env", role.env_for(host).clear)
    return [*described, *clear, "--env-file", env_file(config, role.name)]


def _asset_volume(config: Config, role: Role, version: str) -> list[str]:
    if role.asset_path is None:
        return []
    inside = ":".join(part for part in (role.asset_path.path, role.asset_path.options) if part)
    return ["--volume", f"$PWD/{asset_volume_dir(config, role.name, version)}:{word(inside)}"]


def _labels(config: Config, role: Role) -> list[str]:
    fixed = {"service": config.service, "role": role.name, "destination": config.destination or ""}
    return argumentize("--label", {**fixed, **role.labels})


def _options(options: Mapping[str, OptionValue]) -> list[str]:
    """All options but those that `docker run` knows and `docker create`, which never attaches, does not."""
    return optionize({key: value for key, value in options.items() if key not in _ONLY_FOR_RUN})
