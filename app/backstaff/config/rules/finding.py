"""What a rule finds, and what it looks at."""

from dataclasses import dataclass
from pathlib import Path

from backstaff.config.positions import KeyPath
from backstaff.config.schema import DeployFile
from backstaff.config.schema.servers import RoleSection
from backstaff.config.written import written_roles


@dataclass(frozen=True)
class Finding:
    """A broken rule, and what it is about; `harmless` where it works but surely was not meant."""

    path: KeyPath
    message: str
    suggestion: str = ""
    harmless: bool = False


class Setting:
    """The file under check, with its roles in one form, and the circumstances of the run."""

    def __init__(self, file: DeployFile, destination: str | None, cwd: Path) -> None:
        self.file = file
        self.destination = destination
        self.cwd = cwd
        self.roles: dict[str, RoleSection] = written_roles(file.servers)

    def role_path(self, name: str) -> KeyPath:
        """Where a role is written; the list form of `servers` has no key for its only role."""
        return ("servers", name) if isinstance(self.file.servers, dict) else ("servers",)

    def hosts_path(self, name: str) -> KeyPath:
        """Where the hosts of a role are written: below the role, or below its key `hosts`."""
        servers = self.file.servers
        is_section = isinstance(servers, dict) and isinstance(servers.get(name), RoleSection)
        return (*self.role_path(name), "hosts") if is_section else self.role_path(name)
