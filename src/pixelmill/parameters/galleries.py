"""What a collector's YAML file says of a gallery: its start pages, and what is where on them."""

from collections import Counter
from typing import Annotated

from pydantic import Field, field_validator

from pixelmill.parameters._base import Count, Parameters, matching
from pixelmill.parameters.collection import Agent

Selector = Annotated[str, Field(min_length=1, max_length=1000)]
Attribute = Annotated[str, matching(r"[A-Za-z][\w.:-]*", "the name of an attribute")]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class StartPage(Parameters):
    """A page that a gallery is entered by.

    Attributes:
        url: http or https; relative to `images` where that is a URL.
        label: Label of the images that are reached from it, where their own pages name none.
    """

    url: Annotated[str, Field(max_length=8000)]
    label: Annotated[str, Field(min_length=1, max_length=300)] | None = None


class Politeness(Parameters):
    """How a gallery's servers are spared.

    Attributes:
        delay: Seconds between two pages of a host, and between two clicks or scrolls that load
            more. A crawl-delay of robots.txt counts where it is longer.
        robots: Whether pages that robots.txt forbids are left out.
        user_agent: User agent that servers are sent; null names pixelmill, its
            version, and that it is a program.
    """

    delay: Annotated[float, Field(ge=0, le=600)] = 1
    robots: bool = True
    user_agent: Agent | None = None


class GalleryLimits(Parameters):
    """How long is waited, and how far is gone.

    Attributes:
        load: Seconds for a page to come and be parsed.
        script: Seconds that a script of a page may take while the page is asked for what it shows.
        wait: Seconds for something new to appear after a scroll or a click.
        idle: Seconds without a new image after which a page counts as finished, however much moves.
        pages: Pages that are gone through from a start page.
        passes: How often the pages of a start page are gone through at most, while their order
            changes so that images may have been missed.
    """

    load: Seconds = 30
    script: Seconds = 15
    wait: Seconds = 5
    idle: Seconds = 30
    pages: Count = 10_000
    passes: Annotated[int, Field(ge=1, le=100)] = 5


class Collector(Parameters):
    """How the images of a gallery are found. Selectors are CSS.

    Attributes:
        start: Pages that the gallery is entered by; none is `images` itself.
        item: Each of a page's items: what holds one image, or the link to its page.
        image: Selector of the image within the item, or on the page that `link` leads to. The
            first match is used: an img or picture (the largest of its candidates), a link to an
            image, a meta element, or an element with a background image.
        image_attribute: Attribute of that element that holds the address, where it is an unusual
            one; a srcset or a URL.
        link: Link within the item to the page of its image; null if the item has the image.
        label: Where the image is: the element whose text (of an img: alt) is its label.
        next: Link or button to the next page.
        more: Button that loads more items.
        scroll: Whether a page loads more items, or their images, as it is scrolled.
        at_most: Images of a start page.
        politeness: Politeness towards the servers.
        limits: Limits of time and number of pages.
    """

    start: tuple[StartPage, ...] = ()
    item: Selector
    image: Selector = "img"
    image_attribute: Attribute | None = None
    link: Selector | None = None
    label: Selector | None = None
    next: Selector | None = None
    more: Selector | None = None
    scroll: bool = True
    at_most: Count = 10_000
    politeness: Politeness = Politeness()
    limits: GalleryLimits = GalleryLimits()

    @field_validator("start")
    @classmethod
    def _start_pages_differ(cls, given: tuple[StartPage, ...]) -> tuple[StartPage, ...]:
        for page, times in Counter(page.url for page in given).items():
            if times > 1:
                raise ValueError(f"{page} is listed {times} times")
        return given

    @property
    def has_labels(self) -> bool:
        """Whether images get labels."""
        return self.label is not None or any(page.label is not None for page in self.start)

    @property
    def selectors(self) -> dict[str, str]:
        """The CSS selectors that are given, by their names."""
        names = ("item", "image", "link", "label", "next", "more")
        return {name: selector for name in names if (selector := getattr(self, name))}
