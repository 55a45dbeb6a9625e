"""Container output on the terminal: one line each, with its host and role in front."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from backstaff.cli.reporting import show_error
from backstaff.cli.standard_output import StandardOutput
from backstaff.engine.app_logs import LogSource, ReaderGone
from backstaff.errors import BackstaffError, DockerRestarted, ExitCode, HostLost
from backstaff.events.inert import inert
from backstaff.events.width import columns, padded
from backstaff.hosts.protocol import LogLine

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def _since(_: click.Context, __: click.Parameter, value: str | None) -> str:
    """Docker takes spans too, but by its own host's clock; one moment for all hosts is easier to read."""
    if not value:
        return ""
    spans = _SPAN.findall(value)
    try:
        if spans and _SPAN.sub("", value) == "":
            seconds = sum(float(number) * _UNITS[unit] for number, unit in spans)
            return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        raise click.BadParameter("give a time such as 2026-11-23T12:00:00, or a span such as 10m") from error


since_option = click.option(
    "-s", "--since", callback=_since, metavar="TIME", help="From this time on: 10m, 2h, 2026-11-23T12:00:00."
)


class LogPrinter:
    """Prints lines as they come; what a container wrote is never interpreted. Failures go to standard
    error at once, so that standard output stays pure."""

    def __init__(self, *, as_json: bool, timestamps: bool) -> None:
        self._as_json = as_json
        self._timestamps = timestamps
        self._output = StandardOutput()
        self._host_width = 0
        self._role_width = 0
        self.code = ExitCode.DONE
        """How the command ends: that of the first failure."""

    def align(self, sources: Sequence[LogSource]) -> None:
        """Make room for the longest names among `sources`."""
        self._host_width = max(columns(source.host) for source in sources)
        self._role_width = max(columns(source.role) for source in sources)

    def line(self, source: LogSource, line: LogLine) -> None:
        """Print one line. Raises `ReaderGone` once nobody reads them, or they can not be written."""
        try:
            if self._as_json:
                self._output.record(_record(source, line))
            else:
                self._output.line(self._plain(source, line))
        except BackstaffError as error:
            self.failure(error)
            raise ReaderGone from error
        if self._output.closed:
            raise ReaderGone

    def failure(self, error: BackstaffError) -> None:
        """Tell what went wrong with a source, or with the printing. Whoever reads logs deploys nothing, so a
        host that is gone comes with the way to read on."""
        if self.code is ExitCode.DONE:
            self.code = error.exit_code
        if isinstance(error, HostLost | DockerRestarted):
            host = error.where
            error.fix = (
                f"its output is missing from here on; to read on once {host} answers: the same with -h {host}"
            )
        show_error(error)

    def _plain(self, source: LogSource, line: LogLine) -> str:
        host, role = padded(source.host, self._host_width), padded(source.role, self._role_width)
        at = f"{line.at[:23]}  " if self._timestamps else ""
        return f"{at}{f'{host} {role}'.rstrip()}  {inert(line.text)}"


def _record(source: LogSource, line: LogLine) -> dict[str, str]:
    return {
        "at": line.at,
        "host": source.host,
        "role": source.role,
        "container": source.container,
        "stream": line.stream,
        "text": line.text,
    }
