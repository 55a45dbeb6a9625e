"""What is asked of Docker on a host: through its command line, and of the proxy inside its container."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.lab.host import LabHost

_DIRECTORY = "/usr/local/sbin"
_STORE = "/run/lab/recorder"
_LOG = f"{_STORE}/calls"
_END_OF_WORD, _END_OF_CALL = "\x1f", "\x1e"

_RECORDER = f"""\
#!/bin/sh
words=
for word; do words="$words$word{_END_OF_WORD}"; done
printf '%s{_END_OF_CALL}' "$words" >>{_LOG}
exec /usr/bin/docker "$@"
"""

_INSTALL = f"""
mkdir -p {_STORE}/upper {_STORE}/work && : >{_LOG} &&
cat >{_STORE}/upper/docker <<'RECORDER' && chmod 755 {_STORE}/upper/docker &&
{_RECORDER}RECORDER
mount -t overlay -o lowerdir={_DIRECTORY},upperdir={_STORE}/upper,workdir={_STORE}/work overlay {_DIRECTORY}
"""

Call = tuple[str, ...]
"""The words of one command line, without `docker` itself."""


@contextmanager
def recorded(hosts: list[LabHost]) -> Iterator[None]:
    """Record every `docker` that a login to the hosts runs: it finds a wrapper first on its PATH."""
    with ExitStack() as undo:
        for host in hosts:
            host.sandbox.must_sh(_INSTALL)
            undo.callback(host.sandbox.must_sh, f"umount -l {_DIRECTORY}; rm -rf {_STORE}")
        yield


def take_calls(host: LabHost) -> list[Call]:
    """The calls recorded since the last look, in order."""
    text = host.sandbox.must_sh(f"cat {_LOG}; : >{_LOG}")
    return [tuple(call.split(_END_OF_WORD)[:-1]) for call in text.split(_END_OF_CALL)[:-1]]


def proxy_calls(host: LabHost, since: float) -> list[str]:
    """What was run inside the proxy's container from a Unix time until now, words joined by spaces."""
    span = (f"--since={since:.3f}", f"--until={time.time():.3f}")
    filters = ("--filter=container=kamal-proxy", "--filter=event=exec_create")
    actions = host.docker("events", *span, *filters, "--format={{.Action}}").splitlines()
    return [action.removeprefix("exec_create: ") for action in actions]
