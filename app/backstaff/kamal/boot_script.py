"""Creating a role's container on a host in one round trip."""

import re
from collections.abc import Sequence

from backstaff.config.models import Config, Role
from backstaff.errors import RemoteError
from backstaff.kamal.audit import append_audit
from backstaff.kamal.create import create_line
from backstaff.kamal.paths import env_dir, env_file
from backstaff.kamal.script import make_directory, marked_lines, say_value, script, step, write_file

_SECRET = 0o600
_CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


def boot_script(
    config: Config,
    role: Role,
    host: str,
    version: str,
    *,
    hostname: str,
    env_text: str,
    audit: Sequence[str] = (),
) -> str:
    """Writes the role's env file and creates, but does not start, its container.

    `env_text` is the env file's content: the script holds secrets and must not be shown. `audit` are lines
    for the host's log that travel with it.
    """
    line = create_line(config, role, host, version, hostname=hostname)
    return script(
        [
            *([step("write audit log"), append_audit(config, audit)] if audit else ()),
            step("write env file"),
            make_directory(env_dir(config)),
            write_file(env_file(config, role.name), env_text.encode(), _SECRET),
            step("create container"),
            f"id=$({line}\n) || exit $?",
            say_value("container", "$id"),
        ]
    )


def created_container(stdout: str) -> str:
    """Id of the container that a boot script created; raises RemoteError if it tells none."""
    for line in marked_lines(stdout):
        if line.keyword == "container" and _CONTAINER_ID.fullmatch(line.text):
            return line.text
    raise RemoteError(
        "`docker create` ended well but printed no container id",
        fix="check the role's `cmd` and `options` in deploy.yml: the host's shell interprets them",
    )
