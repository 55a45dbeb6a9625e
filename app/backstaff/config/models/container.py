"""Container settings that roles and accessories share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backstaff.config.models.values import NO_TEXTS

OptionValue = bool | str | tuple[str, ...]
"""A `docker run` option: true is a bare flag, a tuple repeats the flag, false is passed as text."""

DEFAULT_RESTART_POLICY = "unless-stopped"


@dataclass(frozen=True)
class Logging:
    """Container logging. With neither driver nor options the log is capped at 10 MB."""

    driver: str | None = None
    options: Mapping[str, str] = field(default_factory=lambda: NO_TEXTS)

    def merged(self, other: "Logging") -> "Logging":
        """This with `other` laid over it, options key by key."""
        return Logging(other.driver or self.driver, {**self.options, **other.options})


@dataclass(frozen=True)
class AssetPath:
    """A directory in the image whose files survive a deploy; `options` are Docker's mount options."""

    path: str
    options: str | None = None
