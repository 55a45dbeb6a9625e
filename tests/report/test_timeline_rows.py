from backstaff.events.facts import Outcome
from backstaff.replay.marks import Mark, MarkKind
from backstaff.report.timeline_rows import MOST_ROWS, event_rows, wait_rows


def a_wait(
    host: str,
    t: float,
    until_t: float | None,
    outcome: Outcome | None = Outcome.DONE,
    cause: str = "an answer",
) -> Mark:
    words = f"web@{host} waits for {cause}"
    return Mark(MarkKind.WAIT, t, 0, words, host, "web", until_t, outcome)


def test_waits_for_the_same_thing_share_a_row() -> None:
    (row,) = wait_rows([a_wait("h1", 1, 4), a_wait("h2", 2, 7)], 10).rows
    assert row.label == "web@h1 and web@h2 wait for an answer"
    assert row.time == "up to 5 s"
    assert [(bar.t, bar.until_t) for bar in row.bars] == [(1, 4), (2, 7)]
    assert row.bars[1].words == "web@h2 waits for an answer: over, 5 s from 2.0 s"


def test_waits_that_ended_badly_have_a_row_of_their_own() -> None:
    rows = wait_rows([a_wait("h1", 1, 4), a_wait("h2", 2, 7, Outcome.EXPIRED)], 10).rows
    assert [(row.label, row.look.word) for row in rows] == [
        ("web@h1 waits for an answer", "over"),
        ("web@h2 waits for an answer", "timed out"),
    ]


def test_a_wait_that_never_ended_goes_to_the_end() -> None:
    (row,) = wait_rows([a_wait("h1", 1, None, None)], 10).rows
    assert (row.look.word, row.bars[0].until_t) == ("still open", 10)


def test_a_wait_within_another_of_the_same_length_is_not_told_twice() -> None:
    inner, outer = a_wait("h1", 1.02, 3.01, cause="2 s"), a_wait("h1", 1.01, 3.02, cause="the container")
    assert [row.label for row in wait_rows([inner, outer], 10).rows] == ["web@h1 waits for the container"]


def test_of_too_many_waits_the_longest_stay_in_the_order_of_time() -> None:
    marks = [a_wait("h1", t, 2 * t + 1, cause=f"number {t}") for t in range(MOST_ROWS + 5)]
    rows = wait_rows(marks, 200)
    assert rows.left_out == 5
    assert rows.rows[0].label == "web@h1 waits for number 5"
    assert [row.bars[0].t for row in rows.rows] == sorted(row.bars[0].t for row in rows.rows)


def test_of_too_many_failures_the_last_one_stays() -> None:
    marks = [Mark(MarkKind.FAILURE, t, 0, f"failure {t}") for t in range(100)]
    rows = event_rows(marks)
    assert len(rows.rows) + rows.left_out == 100
    assert rows.rows[0].label == "failure 0"
    assert rows.rows[-1].label == "failure 99"
