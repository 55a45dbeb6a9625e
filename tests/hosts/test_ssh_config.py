"""The ssh configuration as far as it concerns one host: less to read, and asyncssh makes the same of it."""

from pathlib import Path

import asyncssh
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backstaff.hosts import ssh_config
from backstaff.hosts.ssh_config import read_for

NAMES = ("h1", "h2", "h3", "H1", "other.example")


@pytest.fixture(autouse=True)
def _always_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_config, "WORTH_IT", 1)


def alias(name: str, port: int) -> str:
    return f"Host {name}\n  HostName {name}.example\n  Port {port}\n"


def options_of(host: str, files: list[str]) -> dict[str, object]:
    """What asyncssh makes of the files for a host."""
    options = asyncssh.SSHClientConnectionOptions(config=files, host=host, client_keys=None)
    return options.config.get_options(reload=False)


def texts_read(host: str, *files: Path) -> list[str]:
    def read(files: list[str]) -> list[str]:
        return [Path(file).read_text() for file in files]

    return read_for(host, [str(file) for file in files], read)


def test_the_aliases_of_others_are_left_out_and_lines_stay_where_they_are(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("User ada\n" + alias("h1", 2001) + alias("h2", 2002) + "Host *\n  Compression no\n")
    (text,) = texts_read("h2", file)
    assert text.splitlines() == [
        "User ada",
        *["", "", ""],
        *["Host h2", "  HostName h2.example", "  Port 2002"],
        *["Host *", "  Compression no"],
    ]


def test_a_hundred_aliases_become_one(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("".join(alias(f"h{number}", number) for number in range(100)))
    (text,) = texts_read("h42", file)
    assert text.split() == ["Host", "h42", "HostName", "h42.example", "Port", "42"]


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(alias("h1", 2001) + alias("h2", 2002))
    assert read_for("h1", [str(file)], lambda files: options_of("h1", files))["Port"] == 2001
    file.write_text(alias("h1", 3001) + alias("h2", 2002))
    assert read_for("h1", [str(file)], lambda files: options_of("h1", files))["Port"] == 3001


def test_included_files_are_cut_down_too(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.conf").write_text(alias(f"h{number}", 2000 + number))
    file = tmp_path / "config"
    file.write_text(f"Include {tmp_path}/*.conf\n" + alias("h1", 1))

    def read(files: list[str]) -> dict[str, object]:
        included = Path(files[0]).read_text().split()[1:4]
        assert "".join(Path(each).read_text() for each in included).count("Host ") == 1
        return options_of("h1", files)

    assert read_for("h1", [str(file)], read)["Port"] == 2001


@pytest.mark.parametrize("line", ['"Host" h9', "Ho\\st h9", "Include 'a b'", "  ProxyCommand it's"])
def test_a_file_that_is_written_in_an_unusual_way_is_left_to_asyncssh(tmp_path: Path, line: str) -> None:
    file = tmp_path / "config"
    file.write_text(f"{line}\n" + alias("h1", 2001) + f"{line}\n" + alias("h2", 2002))
    assert read_for("h1", [str(file)], lambda files: files) == [str(file)]


def test_an_error_names_the_file_itself(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(alias("h2", 2002) + "Host h1\n  Port many\n")
    with pytest.raises(ValueError, match=f"{file} line 5"):
        read_for("h1", [str(file)], lambda files: options_of("h1", files))


def test_no_copy_is_left(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(alias("h1", 2001) + alias("h2", 2002))
    (copy,) = read_for("h1", [str(file)], lambda files: [Path(each) for each in files])
    assert copy != file
    assert not copy.parent.exists()


PATTERNS = st.sampled_from([*NAMES, "h*", "*", "!h1", "h?", "*.example"])
HEADERS = st.one_of(
    st.lists(PATTERNS, min_size=1, max_size=3).map(lambda patterns: f"Host {' '.join(patterns)}"),
    st.sampled_from(NAMES).map(lambda name: f"host={name}"),
    st.sampled_from(NAMES).map(lambda name: f"HOST\t{name}"),
    st.sampled_from(NAMES).map(lambda name: f"Match host {name}"),
    st.sampled_from(NAMES).map(lambda name: f"Match originalhost {name}"),
    st.just("Match all"),
)
SETTINGS = st.one_of(
    st.integers(1, 9).map(lambda port: f"  Port {port}"),
    st.sampled_from(NAMES).map(lambda name: f"HostName {name}"),
    st.sampled_from(["a", "b"]).map(lambda user: f"\tUser={user}"),
    st.sampled_from(["one", "two"]).map(lambda file: f"  IdentityFile ~/{file}"),
    st.sampled_from(["", "# Host h1", '  ProxyCommand "nc" %h %p', "  HostKeyAlias x"]),
)


@given(st.lists(st.one_of(HEADERS, SETTINGS), max_size=25), st.sampled_from(NAMES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_asyncssh_makes_the_same_of_it(tmp_path: Path, lines: list[str], host: str) -> None:
    file = tmp_path / "config"
    file.write_text("\n".join(lines))
    whole = options_of(host, [str(file)])
    assert read_for(host, [str(file)], lambda files: options_of(host, files)) == whole
