"""The audit log on the hosts: lines are noted when something happened and travel with the next script."""

from collections.abc import Sequence

from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.errors import BackstaffError
from backstaff.events.types import Notice
from backstaff.kamal.audit import append_audit, audit_line
from backstaff.kamal.script import script

FLUSH_WITHIN_S = 10.0


class AuditTrail:
    """Audit lines that have not been written yet, by host."""

    def __init__(self, run: RunContext) -> None:
        self._run = run
        self._pending: dict[str, list[str]] = {}

    def note(self, host: str, text: str, role: str = "") -> None:
        """Something happened on `host` just now."""
        run = self._run
        line = audit_line(run.config, run.clock.wall(), run.performer.email, text, tag=role)
        self._pending.setdefault(host, []).append(line)

    def take(self, host: str) -> list[str]:
        """The pending lines of `host`, for a script that appends them; they count as written."""
        return self._pending.pop(host, [])

    def put_back(self, host: str, lines: Sequence[str]) -> None:
        """The script that was to write these lines failed before it did, as far as is known."""
        self._pending[host] = [*lines, *self._pending.get(host, [])]

    async def flush(self, host: GuardedHost) -> None:
        """Write what is pending, on its own. A log that can not be written is worth a warning, no more."""
        lines = self.take(host.name)
        if not lines:
            return
        commands = script([append_audit(self._run.config, lines)])
        try:
            await host.run(commands, "append to the audit log", limit_s=FLUSH_WITHIN_S)
        except BackstaffError as error:
            text = f"the audit log could not be written: {error.what}"
            self._run.stream.emit(Notice(level="warning", host=host.name, text=text))
