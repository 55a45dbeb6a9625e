"""A lab of real hosts on one machine: each with its own namespaces, sshd and Docker daemon."""

from tests.lab.errors import LabError
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.requirements import missing_requirements
from tests.lab.sshd import SshSettings

__all__ = ["Lab", "LabError", "LabHost", "SshSettings", "missing_requirements"]
