"""Answers of commands that only look: plain lines and tables, or JSON."""

import json
from collections.abc import Mapping, Sequence

import click

from backstaff.events.inert import inert

Value = str | int | float | bool | None | Sequence[str]
Row = Mapping[str, Value]


class Answer:
    """Prints what was asked for, in the form that was asked for. Text from hosts is made inert."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def lines(self, lines: Sequence[str], **fields: Value) -> None:
        """Print lines, or as JSON one object of `fields` with the lines beside them."""
        if self._as_json:
            self.record({**fields, "lines": list(lines)})
            return
        for line in lines:
            click.echo(inert(line))

    def sentence(self, text: str, **fields: Value) -> None:
        """Print one line, or as JSON only its `fields`."""
        if self._as_json:
            self.record(fields)
        else:
            click.echo(inert(text))

    def table(self, columns: Sequence[str], rows: Sequence[Row], *, empty: str) -> None:
        """Print `columns` of `rows` under headings; as JSON every row with all its fields, one per line."""
        if self._as_json:
            for row in rows:
                self.record(row)
            return
        if not rows:
            click.echo(empty)
            return
        cells = [list(columns), *([inert(_text(row[column])) for column in columns] for row in rows)]
        widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
        for line in cells:
            padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            click.echo("  ".join(padded).rstrip())

    def record(self, fields: Row) -> None:
        """One JSON object on a line of its own."""
        click.echo(json.dumps(fields, ensure_ascii=False))


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)
