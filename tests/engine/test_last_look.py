"""What the last look at the hosts makes of a run that believes it went well."""

import pytest

from backstaff.engine.deploy import refuse_if_split
from backstaff.errors import RemoteError
from backstaff.events.facts import PairVerdict


def verdict(host: str, **seen: object) -> PairVerdict:
    return PairVerdict.model_validate({"host": host, "role": "web", "expected": "v2", **seen})


def test_hosts_that_show_the_new_version_are_well() -> None:
    refuse_if_split([verdict("h1", serving="v2", agrees=True)])


def test_a_host_that_shows_another_version_is_told() -> None:
    wrong = verdict("h1", serving="v1", note="no container of this version")
    with pytest.raises(RemoteError, match="do not show the new version") as told:
        refuse_if_split([wrong, verdict("h2", unknown="the connection was lost")])
    assert told.value.evidence == (
        "web on h1: no container of this version",
        "web on h2: the connection was lost",
    )


def test_hosts_that_could_not_be_looked_at_are_not_said_to_show_anything() -> None:
    with pytest.raises(RemoteError, match="it is not known whether the new version is everywhere") as told:
        refuse_if_split([verdict("h1", serving="v2", agrees=True), verdict("h2", unknown="no answer")])
    assert told.value.where == "h2"
    assert "deploy again" not in told.value.fix
