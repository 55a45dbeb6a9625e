"""What the containers of many hosts write, all of it on standard output, at a steady rate.

    python -m tests.bench.console_writer HOSTS LINES_PER_S

Each line begins with the number of the host that it comes from. A process of its own, so that making the
lines costs the console nothing. It ends when nobody reads any more.
"""

import sys
import time

TICK_S = 0.02


def main(hosts: int, lines_per_s: int) -> None:
    """Write until the pipe is closed."""
    began = time.monotonic()
    written = 0
    while True:
        due = round((time.monotonic() - began) * lines_per_s)
        sys.stdout.write("".join(_line(count, hosts) for count in range(written, due)))
        sys.stdout.flush()
        written = due
        time.sleep(TICK_S)


def _line(count: int, hosts: int) -> str:
    return f"{count % hosts} {count} GET /orders/{count * 7919 % 100_000} 200 in {count % 90} ms\n"


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit()
