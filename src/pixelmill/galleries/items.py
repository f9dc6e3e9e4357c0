"""Items of a page whose images may still become others."""

from collections import Counter
from dataclasses import dataclass

STEADY = 2  # looks at an item after which its address counts as its last one
SHARING = 3  # items of one address that may be a placeholder
PLACEHOLDERS = 3  # of a page; more addresses than these that items share are images


@dataclass
class Item:
    """An item that shows an image.

    Attributes:
        key: What tells it from other items of the page.
        image: Address of its image.
        label: Its label; '' for none.
        looks: Looks at the page since it got this address.
    """

    key: str
    image: str
    label: str
    looks: int = 0


class PendingItems:
    """Holds items back until their address is the last one.

    A lazy page gives its items another address where they come into view. What several items show
    at first is a placeholder, unless one of them still shows it at the end of the page.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Item] = {}
        self._addresses: dict[str, str] = {}  # of all items
        self._uses: Counter[str] = Counter()  # items of an address
        self._shared: set[str] = set()  # addresses that several items had at the same time

    def add(self, item: Item) -> None:
        """Hold an item back, in the place of what it was before.

        Args:
            item: Item that is new, or has changed.
        """
        self._uses[self._addresses.get(item.key, "")] -= 1
        self._uses[item.image] += 1
        if self._uses[item.image] >= SHARING:
            self._shared.add(item.image)
        self._addresses[item.key] = item.image
        self._waiting[item.key] = item

    def look(self) -> None:
        """Count a look at all of them."""
        for item in self._waiting.values():
            item.looks += 1

    def take(self, steady: int = STEADY, placeholders: bool = False) -> list[Item]:
        """Return the items whose addresses are the last ones, and hold them back no longer.

        Args:
            steady: Looks after which an address is.
            placeholders: Whether what may be a placeholder counts too.
        """
        every = placeholders or len(self._shared) > PLACEHOLDERS
        ready = [
            item for item in self._waiting.values()
            if item.looks >= steady and (every or item.image not in self._shared)
        ]  # fmt: skip
        for item in ready:
            del self._waiting[item.key]
        return ready
