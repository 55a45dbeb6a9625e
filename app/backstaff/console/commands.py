"""The command palette: what every key does, and whatever else app and screen offer."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from backstaff.console.active_keys import ActiveKey, active_keys
from backstaff.events.inert import inert


@dataclass(frozen=True)
class Offer:
    """A command of the palette. `run` is called once the palette is closed and may be a coroutine function.
    Title and help may hold outside text, such as the names of hosts."""

    title: str
    help: str
    run: Callable[[], object]


@runtime_checkable
class Offers(Protocol):
    """An app or a screen with commands of its own, asked whenever the palette is opened."""

    def offers(self) -> Iterable[Offer]:
        """What can be done now, the most wanted first."""
        ...


class ConsoleCommands(Provider):
    """All commands there are when the palette is opened."""

    async def startup(self) -> None:
        """Ask for the commands once, however much is typed."""
        self._offers = tuple(self._all())

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for offer in self._offers:
            title = inert(offer.title)
            yield DiscoveryHit(Content(title), offer.run, title, escape(inert(offer.help)))

    async def search(self, query: str) -> Hits:
        """What matches what is typed."""
        matcher = self.matcher(query)
        for offer in self._offers:
            title = inert(offer.title)
            score, places = matcher.fuzzy_search.match(query, title)
            if score > 0:
                shown = Content(title)
                for place in places:
                    shown = shown.stylize(matcher.match_style, place, place + 1)
                yield Hit(score, shown, offer.run, title, escape(inert(offer.help)))

    def _all(self) -> Iterator[Offer]:
        for key in sorted(active_keys(self.screen), key=_how_common):
            if key.enabled:
                run = partial(self.app.run_action, key.action, key.node)
                yield Offer(key.description, f"key {' or '.join(key.keys)}", run)
        for source in (self.screen, self.app):
            if isinstance(source, Offers):
                yield from source.offers()


def _how_common(key: ActiveKey) -> int:
    """The keys of the footer come first; last those that only move about in Textual's own widgets."""
    if key.show:
        return 0
    return 1 if key.binding else 2
