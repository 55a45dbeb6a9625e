"""Messages of a pull, added up."""

import pytest

from backstaff.hosts.protocol import PullProgress
from backstaff.hosts.pull_progress import PullMessage, PullTracker


def a_message(layer: str, status: str, current: int = 0, total: int = 0) -> PullMessage:
    detail = {"current": current, "total": total} if total else {}
    return PullMessage.model_validate({"id": layer, "status": status, "progressDetail": detail})


def progress(*messages: PullMessage) -> PullProgress:
    tracker = PullTracker()
    return [tracker.update(message) for message in messages][-1]


def test_bytes_add_up_over_the_layers() -> None:
    seen = progress(
        a_message("v1", "Pulling from app"),
        a_message("a", "Pulling fs layer"),
        a_message("b", "Already exists"),
        a_message("a", "Downloading", 10, 100),
        a_message("c", "Downloading", 5, 50),
    )

    assert seen == PullProgress(current=15, total=150, layers_done=1, layers=3, status="c: Downloading")


def test_a_layer_counts_whole_once_it_is_downloaded_and_done_once_it_is_unpacked() -> None:
    downloaded = (a_message("a", "Downloading", 10, 100), a_message("a", "Download complete"))

    seen = progress(*downloaded, a_message("a", "Extracting", 20, 100))
    done = progress(*downloaded, a_message("a", "Pull complete"))

    assert (seen.current, seen.layers_done) == (100, 0)
    assert (done.current, done.layers_done) == (100, 1)


def test_other_messages_change_nothing_but_the_status() -> None:
    seen = progress(
        a_message("a", "Downloading", 10, 100), PullMessage.model_validate({"status": "Digest: sha256:abc"})
    )

    assert seen == PullProgress(current=10, total=100, layers_done=0, layers=1, status="Digest: sha256:abc")


def test_a_failure_is_told_in_the_words_of_its_detail() -> None:
    message = PullMessage.model_validate({"error": "short", "errorDetail": {"message": "denied: long"}})

    assert message.failure == "denied: long"
    assert PullMessage.model_validate({"error": "short"}).failure == "short"
    assert a_message("a", "Waiting").failure == ""


def test_what_tells_of_layers_without_an_end_is_no_pull() -> None:
    with pytest.raises(ValueError, match="more than 1000 layers"):
        progress(*(a_message(str(number), "Pulling fs layer") for number in range(1_001)))
