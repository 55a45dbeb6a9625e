from datetime import UTC, datetime
from pathlib import Path

import pytest

from backstaff.kamal.audit import append_audit, audit_line, booted, pulled, renaming, tagging
from backstaff.kamal.script import script
from tests.kamal.builders import SHELLS, a_config, run_script

AT = datetime(2026, 11, 23, 3, 51, 14, tzinfo=UTC)


def test_lines_are_those_of_kamal() -> None:
    config = a_config(destination="eu")
    assert audit_line(config, AT, "ada", booted("v1"), tag="web") == (
        "[2026-11-23T03:51:14Z] [ada] [eu] [web] Booted app version v1"
    )
    assert (
        audit_line(a_config(), AT, "ada", pulled("v1"))
        == "[2026-11-23T03:51:14Z] [ada] Pulled image with version v1"
    )
    assert renaming("v1", "v1_replaced_0f") == "Renaming container v1 to v1_replaced_0f"
    assert tagging("me/app:v1") == "Tagging me/app:v1 as the latest image"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_lines_are_appended_literally(shell: tuple[str, ...], tmp_path: Path) -> None:
    config = a_config()
    tricky = audit_line(config, AT, "ada $(id)", "it's `x`\nand \\n more")
    for line in (tricky, "[2]"):
        assert run_script(shell, script([append_audit(config, [line])]), tmp_path).returncode == 0
    written = (tmp_path / ".kamal/app-audit.log").read_text()
    assert written == "[2026-11-23T03:51:14Z] [ada $(id)] it's `x` and \\n more\n[2]\n"
