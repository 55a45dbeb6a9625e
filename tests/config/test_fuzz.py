"""Whatever stands in the files, the answer is a configuration that works, or a list of errors."""

from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.config import Config
from backstaff.config.check import known_keys
from backstaff.config.schema import DeployFile
from backstaff.errors import ConfigError
from tests.config.builders import MINIMAL, NO_RUBY, load
from tests.fuzz.loaded import use

FULL = (Path(__file__).parent / "full.yml").read_text()

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 70000),
    st.floats(),
    st.text(max_size=8),
    st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=2),
    st.sampled_from([10**400, -(10**400), "9" * 5000, "9" * 5000 + "%"]),
    st.sampled_from(["web", "app", "25%", "localhost:5000", "1.1.1.1", "a:b", ":x", "2024-01-01", "no"]),
)
_KEYS = st.one_of(
    st.sampled_from(sorted(known_keys(DeployFile, ()))),
    st.sampled_from(sorted(known_keys(DeployFile, ("servers", "web")))),
    st.sampled_from(sorted(known_keys(DeployFile, ("proxy",)))),
    st.sampled_from(sorted(known_keys(DeployFile, ("accessories", "db")))),
    st.sampled_from(["web", "clear", "secret", "tags", "restart", "type", "x-a", "<map>", "[key]", "pack"]),
    st.text(max_size=6),
    st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=2),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=25,
)


def outcome(text: str | bytes, over: str | None = None) -> Config | ConfigError:
    """What loading comes to; anything but a configuration or ConfigError escapes."""
    with TemporaryDirectory() as directory:
        try:
            return load(
                Path(directory),
                text,
                destination="d" if over is not None else None,
                over=over,
                environ=NO_RUBY,
            )
        except ConfigError as error:
            return error


def assert_useful(result: Config | ConfigError) -> None:
    if isinstance(result, Config):
        use(result)
        return
    assert result.issues
    assert list(result.issues) == sorted(result.issues)
    for issue in result.issues:
        assert issue.message
        assert issue.line >= 0


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    assert_useful(outcome(content))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    assert_useful(outcome(text.encode("utf-8", "surrogatepass")))


@settings(deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@`#,? \n\t<%=0", max_size=60))
def test_any_yaml_like_text(text: str) -> None:
    assert_useful(outcome(f"service: app\n{text}"))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_any_mapping(data: dict[str, object]) -> None:
    assert_useful(outcome(yaml.safe_dump(data)))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(_KEYS, _VALUES, max_size=3), st.dictionaries(_KEYS, _VALUES, max_size=3))
def test_any_mapping_over_a_sound_file(data: dict[str, object], over: dict[str, object]) -> None:
    assert_useful(outcome(MINIMAL.replace("1.1.1.1", "a") + "\n", yaml.safe_dump({**data, **over})))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(FULL)), st.integers(0, 12), st.text(max_size=3))
def test_a_sound_file_with_a_small_change(start: int, length: int, change: str) -> None:
    assert_useful(outcome((FULL[:start] + change + FULL[start + length :]).encode("utf-8", "surrogatepass")))
