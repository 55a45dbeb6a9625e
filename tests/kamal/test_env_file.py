import pytest

from backstaff.config.models import EnvVars, SecretVar
from backstaff.errors import SecretsError
from backstaff.kamal.env_file import env_file_text


def test_secrets_are_lines_in_the_order_of_the_configuration() -> None:
    env = EnvVars(secret=(SecretVar("Z", "Z"), SecretVar("DB_PASSWORD", "MAIN_DB_PASSWORD")))
    assert env_file_text(env, {"MAIN_DB_PASSWORD": "p", "Z": "z"}) == "Z=z\nDB_PASSWORD=p\n"


def test_no_secrets_leave_one_newline() -> None:
    assert env_file_text(EnvVars(clear={"A": "1"}), {}) == "\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('say "hi" # $x `y` #{z}', 'say "hi" # $x `y` #{z}'),
        ("two\nlines\t", "two\\nlines\\t"),
        ("a\\b", "a\\\\b"),
        ("bell\x07 nul\x00", "bell\\a nul\\x00"),
        ("naïve\ncafé", "naïve\\ncafé"),
        ("", ""),
    ],
)
def test_values_are_written_as_kamal_writes_them(value: str, written: str) -> None:
    assert env_file_text(EnvVars(secret=(SecretVar("S", "S"),)), {"S": value}) == f"S={written}\n"


def test_an_unknown_secret_is_named() -> None:
    with pytest.raises(SecretsError, match="`MISSING` is not defined"):
        env_file_text(EnvVars(secret=(SecretVar("S", "MISSING"),)), {"S": "x"})
