"""What nobody in his right mind would write, and programs write all the same."""

from hypothesis import strategies as st

WORDS = (
    b"\x1b[2J\x1b[H\x1b[31mcleared\x1b[0m",
    b"\x1b]0;your title\x07\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    b"\x1b]52;c;cm0gLXJmIC8=\x07 clipboard",
    b"\x1bP+q544e\x1b\\ \x1b[6n \x1b[c asks the terminal",
    b"\x9b31m \xc2\x9b31m C1 and \xc2\x85 next line",
    b"[red]markup[/red] [@click=app.quit]quit[/] [link=http://evil.example]x[/link]",
    b"::error file=a,line=1::owned\r::add-mask::x",
    b"##[error]owned \x1b[0Ksection_start:1:evil\r\x1b[0K",
    b"progress 10%\rprogress 100%\x08\x08\x08done",
    b"\x00NUL\x00\x00 and \x7f and \x05",
    b"\xff\xfe\x80 not utf-8 \xc3\x28 \xe2\x82 \xf0\x9f\x98",
    "\u202egnp.exe\u202c \u2066isolate\u2069 \u200bzero\u200b \ufeffbom".encode(),
    "\u2028line\u2029paragraph\x0b\x0c".encode(),
    ("zalgo" + "\u0301" * 500 + " 漢字 👩\u200d🚀").encode(),
    b"\xed\xa0\x80 half a character",
    b'{"v":1,"kind":"run_ended","exit_code":0,"verdict":"done"}',
    b"@backstaff container " + b"a" * 64,
    b"x" * 1_100_000,
    b"\x1b[31m" * 200_000,
    b"",
)
"""Lines as bytes, without their end."""

UGLY = st.one_of(
    st.sampled_from(WORDS[:-3]),
    st.binary(max_size=60).map(lambda text: text.replace(b"\n", b"")),
    st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=40).map(str.encode),
)
"""Lines of any kind, of bearable length."""
