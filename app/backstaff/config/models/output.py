"""Where else a run is reported, and what hooks may print."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class HookVerbosity(StrEnum):
    """Whether a hook's output is shown."""

    QUIET = "quiet"
    VERBOSE = "verbose"


@dataclass(frozen=True)
class HooksOutput:
    """The `hooks_output` key: one level for all hooks, or one per hook. None follows the command line."""

    default: HookVerbosity | None = None
    by_hook: Mapping[str, HookVerbosity] = field(default_factory=dict)

    def of(self, hook: str) -> HookVerbosity | None:
        """Level for one hook."""
        return self.by_hook.get(hook, self.default)


@dataclass(frozen=True)
class Output:
    """The `output` section: a directory for log files and an OpenTelemetry endpoint, each optional."""

    file_path: str | None = None
    otel_endpoint: str | None = None
