"""Inputs for parsers: anything at all, sound files with changes, and small pieces repeated many times."""

from collections.abc import Sequence

from hypothesis import strategies as st

_CONTROLS = ("\0", "\r", "\n", "\r\n", "\t", "\x0b", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e")
_SIGNS = tuple("'\"\\`$(){}[]#%&*!|:=-,.01é漢😀\ufeff\ufffd")
_WORDS = ("${", "--", "..", "-1", "1e999", "NaN", "null", "true", "<<")
ODD = (*_CONTROLS, *_SIGNS, *_WORDS, " ", ": ", "- ", "9" * 30, "a" * 300, " " * 300)
"""What means something to one grammar or another, and what means nothing to any."""


def changed(seeds: Sequence[bytes], tokens: Sequence[str]) -> st.SearchStrategy[bytes]:
    """A sound file with up to eight changes: pieces taken out, doubled, moved, or put in."""
    pieces = st.one_of(
        st.sampled_from([token.encode() for token in (*ODD, *tokens)]), st.binary(min_size=1, max_size=4)
    )
    change = st.tuples(st.integers(0, 3), st.integers(0, 10**6), st.integers(0, 40), pieces)
    return st.builds(_apply, st.sampled_from(list(seeds)), st.lists(change, max_size=8))


def _apply(seed: bytes, changes: list[tuple[int, int, int, bytes]]) -> bytes:
    data = seed
    for kind, place, length, piece in changes:
        start = place % (len(data) + 1)
        end = min(len(data), start + length)
        middle = {0: b"", 1: piece, 2: data[start:end] * 2, 3: data[start:end] + piece}[kind]
        data = data[:start] + middle + data[end:]
    return data


def assembled(tokens: Sequence[str]) -> st.SearchStrategy[bytes]:
    """Tokens of the grammar and odd characters in any order."""
    word = st.one_of(st.sampled_from([*ODD, *tokens]), st.text(max_size=4))
    return st.lists(word, max_size=30).map(lambda words: "".join(words).encode("utf-8", "surrogatepass"))


def any_input(seeds: Sequence[bytes], tokens: Sequence[str]) -> st.SearchStrategy[bytes]:
    """All kinds together."""
    return st.one_of(st.binary(max_size=200), changed(seeds, tokens), assembled(tokens))
