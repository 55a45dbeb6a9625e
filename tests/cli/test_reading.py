"""How far a log is read, as it is told at a terminal."""

from io import StringIO
from pathlib import Path

from backstaff.cli.reading import AFTER_S, EVERY_S, ReadingLine
from backstaff.kamallog.read import TELLS_EVERY
from backstaff.replay.opened import opened


def test_of_what_is_read_at_once_nothing_is_said() -> None:
    terminal = StringIO()
    line = ReadingLine("kamal.log", terminal, now_s=10.0)
    line.tell(0.5, 10.0 + AFTER_S / 2)
    line.clear()
    assert terminal.getvalue() == ""


def test_the_share_that_is_read_is_told_now_and_then_and_gone_in_the_end() -> None:
    terminal = StringIO()
    line = ReadingLine("ka\x1b[31mmal.log", terminal, now_s=10.0)
    for share, now_s in ((0.1, 11.0), (0.2, 11.0 + EVERY_S / 2), (0.35, 11.0 + 2 * EVERY_S)):
        line.tell(share, now_s)
    line.clear()
    assert terminal.getvalue() == "\r\x1b[Kreading kamal.log: 10%\r\x1b[Kreading kamal.log: 35%\r\x1b[K"


def test_a_log_of_kamals_tells_how_far_it_is_read(tmp_path: Path) -> None:
    log = tmp_path / "kamal.log"
    lines = ["  INFO [80d3a3d1] Running docker ps on h1"]
    lines += [f" DEBUG [80d3a3d1] \tline {number}" for number in range(4 * TELLS_EVERY)]
    log.write_text("\n".join(lines) + "\n")
    shares: list[float] = []
    with opened(log, shares.append) as run:
        assert run.journal is None
    assert len(shares) == 5
    assert shares == sorted(shares)
    assert 0.0 < shares[0] < 0.5 < shares[-1] <= 1.0
