"""Runs a shell script on a host so that nothing of it is in a process list and nothing of it stays behind."""

import asyncio
import shlex
from dataclasses import dataclass

import asyncssh
from asyncssh.channel import SSHChannel

MOST_OUTPUT = 16 * 1024 * 1024
_CHUNK = 64 * 1024
_FIRST_SIGNAL_STATUS = 129
_LAST_SIGNAL_STATUS = 159

# The script is read whole before it starts, so its commands can not eat it; it runs in a process group of
# its own; and when standard input ends early, because the call was cancelled or the connection is gone, that
# group is ended. Its length comes first, in a line of its own: so the shell can be there before the script.
_INNER = 'script=$(cat); exec </dev/null; eval "$script"'
_OUTER = (
    'read -r length || exit 0; script=$(head -c "$length"); exec 3<&0; '
    "apart=; command -v setsid >/dev/null && apart=setsid; "
    f'printf %s "$script" | $apart sh -c {shlex.quote(_INNER)} 3<&- & child=$!; '
    "end() { kill -$1 -$child || kill -$1 $child; }; "
    "(read -r _ <&3; end TERM; sleep 2; end KILL) >/dev/null 2>&1 & watch=$!; "
    "exec 3<&-; wait $child; status=$?; kill $watch 2>/dev/null; exit $status"
)
COMMAND = f"sh -c {shlex.quote(_OUTER)}"
"""What runs on the host, whatever the script: nothing of that is in it."""

Shell = asyncssh.SSHClientProcess[bytes]
"""A shell on a host that waits for its script; it runs one and ends."""


@dataclass(frozen=True)
class ScriptEnd:
    """How a script ended: `status` None if no status came; `signal` names what killed it, if anything did."""

    status: int | None
    signal: str
    stdout: str
    stderr: str


async def open_shell(connection: asyncssh.SSHClientConnection) -> Shell:
    """Start a shell ahead of its script, which saves that the way there. Raises asyncssh.ChannelOpenError."""
    return await connection.create_process(COMMAND, encoding=None)


async def run_script(
    connection: asyncssh.SSHClientConnection, script: str, shell: Shell | None = None
) -> ScriptEnd:
    """Run `script` with `sh` and wait for its end. Cancelling ends it on the host too.

    It is given to `shell` if there is one. Raises asyncssh.ChannelOpenError when the host has no room for one
    more command. Output beyond `MOST_OUTPUT` bytes is cut with a mark.
    """
    process = shell or await _fed_shell(connection, said(script))
    try:
        if shell is not None:
            shell.stdin.write(said(script))
        async with asyncio.TaskGroup() as readers:
            stdout = readers.create_task(_collect(process.stdout))
            stderr = readers.create_task(_collect(process.stderr))
        await process.wait_closed()
    finally:
        process.close()
    return _end(process, stdout.result(), stderr.result())


def said(script: str) -> bytes:
    """What the shell is told to run a script: its length, and then the script itself."""
    text = script.encode()
    return b"%d\n%b" % (len(text), text)


async def _fed_shell(connection: asyncssh.SSHClientConnection, text: bytes) -> Shell:
    process = _Fed(text)
    await connection.create_session(lambda: process, COMMAND, encoding=None)
    return process


class _Fed(asyncssh.SSHClientProcess[bytes]):
    """A process that is sent its input together with its command: to wait for the host's word that the
    command runs would cost a round trip."""

    def __init__(self, text: bytes) -> None:
        super().__init__()
        self._text = text

    def connection_made(self, chan: SSHChannel[bytes]) -> None:
        """The channel is open; the command is asked for before the event loop turns."""
        super().connection_made(chan)
        asyncio.get_running_loop().call_soon(self._feed, chan)

    def _feed(self, chan: SSHChannel[bytes]) -> None:
        if not chan.is_closing():
            chan.write(self._text)


def _end(process: asyncssh.SSHClientProcess[bytes], stdout: str, stderr: str) -> ScriptEnd:
    signal = process.exit_signal
    if signal:
        return ScriptEnd(None, f"SIG{signal[0]}", stdout, stderr)
    status = process.exit_status
    if status is not None and _FIRST_SIGNAL_STATUS <= status <= _LAST_SIGNAL_STATUS:
        return ScriptEnd(None, f"signal {status - 128}", stdout, stderr)
    return ScriptEnd(status, "", stdout, stderr)


async def _collect(stream: asyncssh.SSHReader[bytes]) -> str:
    kept = bytearray()
    cut = 0
    while chunk := await _read(stream):
        room = MOST_OUTPUT - len(kept)
        kept += chunk[:room]
        cut += max(0, len(chunk) - room)
    mark = f"\n[{cut} more bytes cut]\n" if cut else ""
    return kept.decode("utf-8", "replace") + mark


async def _read(stream: asyncssh.SSHReader[bytes]) -> bytes:
    try:
        return await stream.read(_CHUNK)
    except (asyncssh.Error, OSError):
        # The connection is gone; the missing exit status tells the caller.
        return b""
