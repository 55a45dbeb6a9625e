"""One odd thing in a sound deploy.yml: it is told with its place, or what is loaded works."""

from pathlib import Path

import pytest
from hypothesis import given

from tests.config.builders import errors
from tests.fuzz.odd_configs import MAPPINGS, NUMBERS, RUBY, odd_configs, with_key, with_value
from tests.fuzz.profile import fuzzed
from tests.fuzz.targets import config, erb

TIMES = 2000
ENDLESS = ("9" * 400, "-" + "9" * 400, "0x" + "f" * 5000, "1.0e+300", ".nan", ".inf", f"'{'9' * 5000}%'")


@fuzzed
@given(text=odd_configs)
def test_an_odd_key_or_value_anywhere(text: str) -> None:
    config(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("path", NUMBERS, ids="/".join)
@pytest.mark.parametrize("number", ENDLESS, ids=lambda each: each[:8])
def test_a_number_without_end_is_refused_wherever_there_is_to_be_one(
    tmp_path: Path, path: tuple[str, ...], number: str
) -> None:
    (told,) = errors(tmp_path, with_value(path, number))
    assert told.startswith("deploy.yml:")


@pytest.mark.parametrize("path", MAPPINGS, ids="/".join)
def test_an_odd_name_among_the_keys_of_every_mapping(path: tuple[str, ...]) -> None:
    for key in (r'"\ud800"', "0x" + "f" * 4000, r'"\0"', r'"\u202e"', ".nan"):
        config(with_key(path, key).encode())


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", RUBY)
def test_long_templates_of_one_piece_repeated(piece: str) -> None:
    for end in ("", '"a"', "nil"):
        erb(f"a: <%= {piece * TIMES}{end} %>".encode())
    erb(f'a: <%= "a"{piece * TIMES} %>'.encode())
