"""How the program in a container behaves."""

from dataclasses import dataclass
from math import inf

from backstaff.clock import Seconds


@dataclass(frozen=True)
class App:
    """One program's script. Times count from each start of its container.

    It answers health checks from `ready_after_s` on (None: never), both the proxy's and, with `has_check`,
    those of the image's own HEALTHCHECK, which calls it unhealthy at `unhealthy_after_s`. It ends by itself
    at `ends_after_s`, the first `ends_times` times. `stop_takes_s` is how long it takes to honour SIGTERM,
    `inf` never; `drains_s` how long its last requests take. With `start_error` it can not be started.
    """

    ready_after_s: Seconds | None = 0.5
    has_check: bool = False
    unhealthy_after_s: Seconds | None = None
    ends_after_s: Seconds | None = None
    ends_times: float = inf
    exit_code: int = 1
    oom: bool = False
    stop_takes_s: Seconds = 0.2
    drains_s: Seconds = 0.1
    start_error: str = ""
    says: tuple[str, ...] = ("starting",)


HEALTHY = App()
SLOW = App(ready_after_s=3.0)
NEVER_READY = App(ready_after_s=None, says=("could not connect to database at db:5432",))
ENDS = App(ready_after_s=None, ends_after_s=0.7, says=("no such file: config.ru",))
ENDS_OUT_OF_MEMORY = App(ready_after_s=None, ends_after_s=1.0, exit_code=137, oom=True)
CAN_NOT_START = App(start_error='exec: "bin/serve": executable file not found in $PATH: unknown')
CHECKED = App(has_check=True)
FAILS_ITS_CHECK = App(has_check=True, ready_after_s=None, unhealthy_after_s=2.0)
IGNORES_SIGTERM = App(stop_takes_s=inf)
