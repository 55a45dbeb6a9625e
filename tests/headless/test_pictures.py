import re

import pytest

from backstaff.headless.lines import Detail
from tests.events.builders import a_good_deploy, a_stuck_barrier
from tests.headless.pictures import GOLDEN, PICTURES, failed, printed


@pytest.mark.parametrize("name", PICTURES)
def test_output_looks_as_it_was_approved(name: str) -> None:
    """Changed on purpose? `python -m tests.headless.pictures` writes the files; look at the difference."""
    assert PICTURES[name]() == (GOLDEN / f"{name}.txt").read_bytes().decode()


def test_every_picture_belongs_to_a_scene() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(PICTURES)


@pytest.mark.parametrize("name", [name for name in PICTURES if name != "failed-gitlab"])
def test_no_control_characters_reach_a_log_file(name: str) -> None:
    text = PICTURES[name]()
    assert all(char.isprintable() for line in text.split("\n") for char in line)
    assert not any(line != line.rstrip() for line in text.split("\n"))


def test_colour_changes_nothing_but_colour() -> None:
    coloured = printed(failed(), colour=True)
    assert "\x1b[31;1mFAILED\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == printed(failed())


def test_the_failure_card_is_the_last_thing_printed() -> None:
    last = printed(failed()).splitlines()[-12:]
    assert last[0].startswith("FAILED  boot of web on h2")
    assert last[-1].startswith("  retry     backstaff deploy")


def test_quiet_says_only_what_went_wrong_and_how_it_ended() -> None:
    out = printed(a_good_deploy().events, detail=Detail.QUIET)
    assert out.startswith("host  web")
    assert out.endswith("DONE  shop v42 in 18 s\n")


def test_what_does_not_fit_into_a_line_stands_below_it_and_what_fits_does_not() -> None:
    stuck = a_stuck_barrier().events
    narrow, wide = printed(stuck, width=80).splitlines(), printed(stuck, width=300).splitlines()
    first, second = (
        "h2 web: no container passes status running|restarting (shop-web-production-v42: exited (1))",
        "h1 web: GET :3000/up -> status 500, 9 times",
    )
    start = "12:04:29  h3 job   still waiting (job on h4 too), 33 s left"
    for lines in (narrow, wide):
        place = lines.index(start)
        assert lines[place + 1 : place + 3] == [f"12:04:29  h3 job     {each}" for each in (first, second)]
    ended = 'exited 1 after 0.9 s: "could not connect to database at db:5432"'
    assert f"12:04:18  h2 web   {ended}" in wide
    assert f"12:04:18  h2 web   {ended}" not in narrow


def test_a_run_cut_off_prints_what_is_known_of_it() -> None:
    events = failed()[:-1]
    assert printed(events).endswith("retry     backstaff deploy -d production -P\n")
    assert printed(a_stuck_barrier().events).endswith("\nCUT OFF  nothing is known after 32 s\n")
