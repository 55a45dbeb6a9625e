"""Where images are pushed and pulled."""

import re
from dataclasses import dataclass

from backstaff.config.credentials import Credential

_LOCAL = re.compile(r"localhost(?::|$)")


@dataclass(frozen=True)
class Registry:
    """An image registry; `server` None is Docker Hub. Credentials are absent for a local registry."""

    server: str | None = None
    username: Credential | None = None
    password: Credential | None = None

    @property
    def is_local(self) -> bool:
        """Whether the registry runs on this machine and is lent to the hosts while deploying."""
        return self.server is not None and _LOCAL.match(self.server) is not None

    @property
    def local_port(self) -> int | None:
        """Port of a local registry, 80 where none is written; None for any other registry."""
        if not self.is_local or self.server is None:
            return None
        port = self.server.partition(":")[2]
        return int(port) if port.isdecimal() else 80
