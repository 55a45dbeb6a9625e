"""The command line that a log is of, where it stands in it."""

import shlex
from dataclasses import dataclass

_GROUPS = {"app", "proxy", "accessory", "build", "registry", "lock", "server", "prune", "secrets"}
USUAL_CONFIG_FILE = "config/deploy.yml"


@dataclass(frozen=True)
class CommandLine:
    """The words after `kamal`; none where the log does not show them."""

    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> "CommandLine":
        """A line as it was typed, or as a CI system shows it."""
        try:
            return cls(tuple(shlex.split(text)[1:]))
        except ValueError:
            return cls(tuple(text.split()[1:]))

    @property
    def command(self) -> str:
        """The command, of a group of commands both words."""
        words = [word for word in self.words if not word.startswith("-")]
        return " ".join(words[: 2 if words and words[0] in _GROUPS else 1])

    @property
    def destination(self) -> str:
        """The destination, empty for none."""
        return self._option("-d", "--destination")

    @property
    def version(self) -> str:
        """The version that was asked for, empty for Kamal's own choice."""
        return self._option("--version")

    @property
    def config_file(self) -> str:
        """The configuration file, the usual one if none was named."""
        return self._option("-c", "--config-file") or USUAL_CONFIG_FILE

    def _option(self, *names: str) -> str:
        for place, word in enumerate(self.words):
            name, equals, value = word.partition("=")
            if name in names:
                return value if equals else next(iter(self.words[place + 1 : place + 2]), "")
        return ""
