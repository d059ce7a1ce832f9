"""Sets that grow together (union-find)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


class Unions(Generic[Item]):
    """Items begin alone; joined ones have one leader: the one whose set was there first."""

    def __init__(self) -> None:
        self._above: dict[Item, Item] = {}
        self._order: dict[Item, int] = {}

    def leader(self, item: Item) -> Item:
        """The leader of the item's set."""
        self._order.setdefault(item, len(self._order))
        while (above := self._above.setdefault(item, item)) != item:
            self._above[item] = self._above[above]
            item = above
        return item

    def join(self, one: Item, other: Item) -> None:
        """Make the sets of both one set."""
        first, second = sorted((self.leader(one), self.leader(other)), key=self._order.__getitem__)
        self._above[second] = first
