"""A project, for commands that are run as a whole."""

from tests.cli.conftest import project

__all__ = ["project"]
