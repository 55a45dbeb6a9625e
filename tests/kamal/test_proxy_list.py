from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from backstaff.kamal.proxy_list import ProxyService, parse_services

HEADINGS = ("Service", "Host", "Path", "Target", "State", "TLS")


def a_table(rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> str:
    """A table as kamal-proxy prints it: styled cells, padded, two spaces after each."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "".join(
        "".join(
            f"\x1b[{'3;94' if number == 0 else ''}m{cell}\x1b[0m{' ' * (width - len(cell))}  "
            for cell, width in zip(line, widths, strict=True)
        )
        + "\n"
        for number, line in enumerate(lines)
    )


CELL = st.text("abc.-:/*, ", max_size=30).map(str.strip)


@given(st.lists(st.tuples(CELL.filter(bool), CELL, CELL, CELL, CELL, st.booleans())))
def test_services_are_read_from_the_table(rows: list[tuple[str, str, str, str, str, bool]]) -> None:
    table = a_table([(*row[:5], "yes" if row[5] else "no") for row in rows])
    assert parse_services(table) == [ProxyService(*row) for row in rows]


def test_columns_may_be_missing_or_new() -> None:
    table = a_table([("app-web", "*", "ab12:80", "0%")], ("Service", "Host", "Target", "Rollout"))
    assert parse_services(table) == [ProxyService("app-web", "*", "", "ab12:80", "", tls=False)]


def test_anything_else_has_no_services() -> None:
    assert parse_services("") == []
    assert parse_services("Error: dial unix /tmp/kamal-proxy.sock: connect: no such file") == []
