"""Answers of commands that only look: plain lines and tables, or JSON."""

from collections.abc import Mapping, Sequence

from backstaff.cli.standard_output import StandardOutput
from backstaff.events.inert import inert
from backstaff.events.width import columns, padded

Value = str | int | float | bool | None | Sequence[str]
Row = Mapping[str, Value]


class Answer:
    """Prints what was asked for, in the form that was asked for. Text from hosts is made inert."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._output = StandardOutput()

    def lines(self, lines: Sequence[str], **fields: Value) -> None:
        """Print lines, or as JSON one object of `fields` with the lines beside them."""
        if self._as_json:
            self._output.record({**fields, "lines": list(lines)})
            return
        for line in lines:
            self._output.line(inert(line))

    def sentence(self, text: str, **fields: Value) -> None:
        """Print one line, or as JSON only its `fields`."""
        if self._as_json:
            self._output.record(fields)
        else:
            self._output.line(inert(text))

    def table(self, names: Sequence[str], rows: Sequence[Row], *, empty: str) -> None:
        """Print the columns `names` of `rows` under headings; as JSON every row with all its fields, one per
        line. Without rows `empty` is printed, as JSON nothing."""
        if self._as_json:
            for row in rows:
                self._output.record(row)
            return
        if not rows:
            self._output.line(inert(empty))
            return
        cells = [list(names), *([inert(_text(row[name])) for name in names] for row in rows)]
        widths = [max(columns(line[place]) for line in cells) for place in range(len(names))]
        for line in cells:
            aligned = (padded(cell, width) for cell, width in zip(line, widths, strict=True))
            self._output.line("  ".join(aligned).rstrip())


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)
