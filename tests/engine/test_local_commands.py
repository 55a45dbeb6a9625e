from backstaff.engine.local_commands import last_words
from backstaff.hosts.local import LocalResult


def test_the_last_words_are_the_last_lines_of_both_streams() -> None:
    result = LocalResult(1, stdout="1\n2\n", stderr="".join(f"e{number}\n" for number in range(11)))
    assert last_words(result) == ["2", *(f"e{number}" for number in range(11))]
    assert last_words(LocalResult(1)) == []


def test_a_line_that_is_written_over_stays_one_line() -> None:
    assert last_words(LocalResult(1, stderr="sword\rfish\x0b-4711\nend")) == ["sword\rfish\x0b-4711", "end"]


def test_progress_that_is_written_over_counts_as_one_line() -> None:
    progress = "\r".join(f"{percent}%" for percent in range(60))
    assert last_words(LocalResult(1, stderr=f"why\n{progress}\nend\n")) == ["why", progress, "end"]
