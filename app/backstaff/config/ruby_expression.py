"""Evaluates the few Ruby expressions that deploy.yml files use, without Ruby.

Understood: string, number, `nil`, `true` and `false` literals, `ENV["X"]`, `ENV.fetch("X"[, default])`,
`ENV.key?`, commands in backticks or `%x()`, `RUBY_PLATFORM`, `||`, `&&`, `!`, `==`, `!=`, `=~`, `+`,
`condition ? a : b`, `#{}` in strings, parentheses, and a handful of string methods.
"""

import platform
import re
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backstaff.config.ruby_tokens import (
    Kind,
    Token,
    UnsupportedRuby,
    template_parts,
    tokens_of,
    unescape_double,
    unescape_single,
)

RubyValue = str | int | bool | None | re.Pattern[str]
RunCommand = Callable[[str], str]

_DEEPEST = 40
_LONGEST_NUMBER = 1000


class ExpressionFailed(Exception):
    """The expression is understood, but evaluating it went wrong; the message says how."""


@dataclass(frozen=True)
class RubyWorld:
    """What an expression can reach: environment variables and the shell."""

    environ: Mapping[str, str]
    run_command: RunCommand


def compile_expression(source: str, world: RubyWorld) -> Callable[[], str]:
    """A function that gives the text which `<%= source %>` stands for; nothing is run before it is called.

    Raises UnsupportedRuby at once; the function raises ExpressionFailed. Branches that Ruby would not
    take are not evaluated, so their commands do not run.
    """
    value = _Parser(source, world, depth=0).whole()
    return lambda: _to_text(value())


_Thunk = Callable[[], RubyValue]
_Call = Callable[[RubyValue], RubyValue]


def _truthy(value: RubyValue) -> bool:
    return value is not None and value is not False


def _to_text(value: RubyValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, re.Pattern):
        raise ExpressionFailed("a pattern has no text")
    return str(value)


class _Parser:
    """Recursive descent over the tokens; every rule returns something that evaluates when called."""

    def __init__(self, source: str, world: RubyWorld, depth: int) -> None:
        if depth > _DEEPEST:
            raise UnsupportedRuby("nested too deeply")
        self._tokens = tokens_of(source)
        self._next = 0
        self._world = world
        self._depth = depth

    def whole(self) -> _Thunk:
        """The expression, which must use up every token."""
        result = self._ternary()
        if self._peek().kind is not Kind.END:
            raise UnsupportedRuby(f"unexpected {self._peek().text}")
        return result

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        if token.kind is not Kind.END:
            self._next += 1
        return token

    def _accept(self, *signs: str) -> str | None:
        token = self._peek()
        if token.kind is Kind.SIGN and token.text in signs:
            self._next += 1
            return token.text
        return None

    def _expect(self, sign: str) -> None:
        if self._accept(sign) is None:
            raise UnsupportedRuby(f"expected {sign}")

    def _nested(self, rule: Callable[[], _Thunk]) -> _Thunk:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnsupportedRuby("nested too deeply")
        result = rule()
        self._depth -= 1
        return result

    def _ternary(self) -> _Thunk:
        condition = self._either()
        if self._accept("?") is None:
            return condition
        yes = self._nested(self._ternary)
        self._expect(":")
        no = self._nested(self._ternary)
        return lambda: yes() if _truthy(condition()) else no()

    def _either(self) -> _Thunk:
        choices = [self._both()]
        while self._accept("||"):
            choices.append(self._both())
        return _first_that_is(choices, truthy=True)

    def _both(self) -> _Thunk:
        conditions = [self._comparison()]
        while self._accept("&&"):
            conditions.append(self._comparison())
        return _first_that_is(conditions, truthy=False)

    def _comparison(self) -> _Thunk:
        left = self._sum()
        sign = self._accept("==", "!=", "=~")
        if sign is None:
            return left
        right = self._sum()
        match sign:
            case "==":
                return lambda: left() == right()
            case "!=":
                return lambda: left() != right()
            case _:
                return lambda: _search(left(), right())

    def _sum(self) -> _Thunk:
        parts = [self._unary()]
        while self._accept("+"):
            parts.append(self._unary())
        return _joined(parts)

    def _unary(self) -> _Thunk:
        if self._accept("!"):
            value = self._nested(self._unary)
            return lambda: not _truthy(value())
        return self._calls(self._primary())

    def _primary(self) -> _Thunk:
        token = self._take()
        match token.kind:
            case Kind.TEXT:
                text = unescape_single(token.text)
                return lambda: text
            case Kind.NUMBER:
                return _constant(_number(token.text))
            case Kind.TEMPLATE:
                return self._template(token.text)
            case Kind.COMMAND:
                command = self._template(token.text)
                return lambda: self._world.run_command(_to_text(command()))
            case Kind.PATTERN:
                return _pattern(token.text)
            case Kind.WORD:
                return self._word(token.text)
            case _ if token.text == "(":
                inner = self._nested(self._ternary)
                self._expect(")")
                return inner
            case _:
                raise UnsupportedRuby(f"unexpected {token.text or 'end'}")

    def _template(self, text: str) -> _Thunk:
        pieces: list[_Thunk] = []
        for is_expression, source in template_parts(text):
            if is_expression:
                pieces.append(_Parser(source, self._world, self._depth + 1).whole())
            else:
                pieces.append(_constant(unescape_double(source)))
        return lambda: "".join(_to_text(piece()) for piece in pieces)

    def _word(self, word: str) -> _Thunk:
        match word:
            case "nil" | "true" | "false":
                return _constant({"nil": None, "true": True, "false": False}[word])
            case "RUBY_PLATFORM":
                return _constant(f"{platform.machine()}-{sys.platform}")
            case "ENV":
                return self._env()
            case _:
                raise UnsupportedRuby(f"unknown name {word}")

    def _env(self) -> _Thunk:
        environ = self._world.environ
        if self._accept("["):
            name = self._nested(self._ternary)
            self._expect("]")
            return lambda: environ.get(_to_text(name()))
        self._expect(".")
        method = self._take().text
        arguments = self._arguments()
        if method == "fetch":
            return self._fetch(arguments)
        if method in ("key?", "has_key?", "include?") and len(arguments) == 1:
            return lambda: _to_text(arguments[0]()) in environ
        raise UnsupportedRuby(f"ENV.{method}")

    def _fetch(self, arguments: list[_Thunk]) -> _Thunk:
        if self._accept("{"):
            arguments.append(self._nested(self._ternary))
            self._expect("}")
        if len(arguments) not in (1, 2):
            raise UnsupportedRuby("ENV.fetch takes a name and a default")
        default = arguments[1] if len(arguments) == 2 else None
        return lambda: _fetched(self._world.environ, _to_text(arguments[0]()), default)

    def _arguments(self) -> list[_Thunk]:
        arguments: list[_Thunk] = []
        if self._accept("(") is None or self._accept(")"):
            return arguments
        while True:
            arguments.append(self._nested(self._ternary))
            if self._accept(")"):
                return arguments
            self._expect(",")

    def _calls(self, receiver: _Thunk) -> _Thunk:
        calls: list[_Call] = []
        while sign := self._accept(".", "&."):
            method = self._take()
            if method.kind is not Kind.WORD:
                raise UnsupportedRuby(f"unexpected {method.text or 'end'}")
            calls.append(_call(method.text, self._arguments(), safe=sign == "&."))
        return _called(receiver, calls)


def _constant(value: RubyValue) -> _Thunk:
    return lambda: value


def _number(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise UnsupportedRuby(f"a number of {len(digits)} digits")
    return int(digits)


def _first_that_is(choices: Sequence[_Thunk], *, truthy: bool) -> _Thunk:
    """The first that is truthy, or that is not, else the last; those behind it are not evaluated."""
    *others, last = choices
    if not others:
        return last

    def choose() -> RubyValue:
        for choice in others:
            value = choice()
            if _truthy(value) is truthy:
                return value
        return last()

    return choose


def _joined(parts: Sequence[_Thunk]) -> _Thunk:
    if len(parts) == 1:
        return parts[0]

    def join() -> RubyValue:
        texts = [value for part in parts if isinstance(value := part(), str)]
        if len(texts) < len(parts):
            raise ExpressionFailed("+ joins texts only, and one side is not a text")
        return "".join(texts)

    return join


def _pattern(source: str) -> _Thunk:
    try:
        with warnings.catch_warnings():
            # What Python warns of, such as a set within a set, means something else in Ruby.
            warnings.simplefilter("error")
            return _constant(re.compile(source, re.MULTILINE))
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise UnsupportedRuby(f"pattern /{source}/") from error


def _search(value: RubyValue, pattern: RubyValue) -> RubyValue:
    if isinstance(value, re.Pattern):
        value, pattern = pattern, value
    if not isinstance(pattern, re.Pattern):
        raise ExpressionFailed("=~ needs a pattern")
    found = pattern.search(value) if isinstance(value, str) else None
    return found.start() if found else None


def _fetched(environ: Mapping[str, str], name: str, default: _Thunk | None) -> RubyValue:
    if name in environ:
        return environ[name]
    if default is None:
        raise ExpressionFailed(f"the environment variable {name} is not set")
    return default()


_TEXT_METHODS: Mapping[str, Callable[[str], RubyValue]] = {
    "strip": str.strip,
    "chomp": lambda text: text.removesuffix("\n").removesuffix("\r"),
    "downcase": str.lower,
    "upcase": str.upper,
    "to_s": str,
    "presence": lambda text: text if text.strip() else None,
    "empty?": lambda text: not text,
    "blank?": lambda text: not text.strip(),
    "present?": lambda text: bool(text.strip()),
    "nil?": lambda _text: False,
}
_NIL_METHODS: Mapping[str, RubyValue] = {
    "to_s": "",
    "presence": None,
    "blank?": True,
    "present?": False,
    "nil?": True,
}
_TEXT_QUESTIONS: Mapping[str, Callable[[str, str], bool]] = {
    "include?": lambda text, part: part in text,
    "start_with?": str.startswith,
    "end_with?": str.endswith,
}


def _called(receiver: _Thunk, calls: Sequence[_Call]) -> _Thunk:
    """What the last of the calls gives, each made on what the one before it gave."""
    if not calls:
        return receiver

    def value() -> RubyValue:
        given = receiver()
        for call in calls:
            given = call(given)
        return given

    return value


def _call(method: str, arguments: list[_Thunk], *, safe: bool) -> _Call:
    known = method in _TEXT_METHODS if not arguments else method in (*_TEXT_QUESTIONS, "match?")
    if not known or len(arguments) > 1:
        raise UnsupportedRuby(f"method {method}")

    def call(value: RubyValue) -> RubyValue:
        if value is None:
            if safe or method in _NIL_METHODS:
                return None if safe else _NIL_METHODS[method]
            raise ExpressionFailed(f"{method} is called on nil, such as an unset environment variable")
        return _call_text(value, method, [argument() for argument in arguments])

    return call


def _call_text(value: RubyValue, method: str, arguments: list[RubyValue]) -> RubyValue:
    text = _to_text(value)
    if not arguments:
        return _TEXT_METHODS[method](text)
    if method == "match?":
        return _search(text, arguments[0]) is not None
    return _TEXT_QUESTIONS[method](text, _to_text(arguments[0]))
