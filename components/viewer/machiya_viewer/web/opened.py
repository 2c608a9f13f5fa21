"""From the slugs in an address to a run and its views. Slugs are looked up; no path is made of them."""

from dataclasses import dataclass, replace

from machiya_viewer.i18n import Message
from machiya_viewer.links import SiteLinks
from machiya_viewer.pages import Chosen, choose
from machiya_viewer.view.catalog import Pair, Run
from machiya_viewer.view.reader import ViewReader

SEPARATOR = ".."


@dataclass(frozen=True)
class Here:
    """A comparison of a run, or one of its versions: what a page is about.

    ``links`` lead to its pages, ``section`` is the one that is shown, ``notices`` hold for all of them.
    """

    run: Run
    pair: Pair
    links: SiteLinks
    section: str = ""
    notices: tuple[Message, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What people call the versions."""
        sides = [self.pair.base] if self.pair.candidate is None else [self.pair.base, self.pair.candidate]
        return tuple(side.version.name for side in sides)

    @property
    def head(self) -> ViewReader:
        """A view to take titles and defaults from."""
        return self.pair.reader or self.pair.base.reader

    def chosen(self) -> Chosen:
        """What is computed of it; ``pair.reader`` must not be None."""
        assert self.pair.reader is not None
        return choose(self.pair, self.run.facts(self.pair.reader))

    def at(self, section: str) -> "Here":
        """The same with one of its sections shown."""
        return replace(self, section=section)


def find_pair(run: Run, text: str) -> Pair | None:
    """``{base}..{candidate}`` or ``{version}``; None when the run lacks a version of it."""
    base, dots, candidate = text.partition(SEPARATOR)
    return run.pair(base, candidate) if dots else run.single(base)
