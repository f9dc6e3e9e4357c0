"""Checks of a split before its features are computed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelmill.errors import InputError
from pixelmill.parameters import SplittingParameters

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

NAMED = 5  # classes that a sentence names before it says how many more there are


@dataclass(frozen=True)
class Classes:
    """Some classes of a data set: how many, and the first few by name."""

    count: int
    first: list[str]

    def __str__(self) -> str:
        more = self.count - len(self.first)
        return ", ".join(self.first) + (f" and {more} more" if more else "")


@dataclass(frozen=True)
class Overview:
    """A split in figures.

    Attributes:
        images: All images.
        labelled: Number of images with a label.
        train: Labelled images that a classifier is trained on; the others are tested.
        largest: Images of the largest class.
        classes: All classes.
        single: Classes of one image.
        untrained: Classes of several images, none of which is for training.
        untested: Classes of several images, all of which are for training.
        trained: Number of classes with training images.
        shared: Number of classes with training images and others.
    """

    images: int
    labelled: int
    train: int
    largest: int
    classes: Classes
    single: Classes
    untrained: Classes
    untested: Classes
    trained: int
    shared: int


def overview(counts: "ArrowTable") -> Overview:
    """Describe a split in figures.

    Args:
        counts: Columns `label`, `split` and `rows` (images), a row for each combination.
    """
    classes: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    columns = (counts[name].to_pylist() for name in ("label", "split", "rows"))
    for label, split, images in zip(*columns, strict=True):
        classes[label][split] += images
    unlabelled = classes.pop(None, Counter())
    sizes = {label: (of.total(), of["train"]) for label, of in classes.items()}
    labelled = sum(images for images, _ in sizes.values())
    several = {label: of for label, of in sizes.items() if of[0] > 1}
    return Overview(
        images=labelled + unlabelled.total(),
        labelled=labelled,
        train=sum(train for _, train in sizes.values()) + unlabelled["train"],
        largest=max((images for images, _ in sizes.values()), default=0),
        classes=_classes(sizes),
        single=_classes(label for label, (images, _) in sizes.items() if images == 1),
        untrained=_classes(label for label, (_, train) in several.items() if not train),
        untested=_classes(label for label, (images, train) in several.items() if train == images),
        trained=sum(train > 0 for _, train in sizes.values()),
        shared=sum(0 < train < images for images, train in sizes.values()),
    )


def refuse(found: Overview, splitting: SplittingParameters) -> None:
    """Refuse a split that leaves nothing to train on or test, or tests none of the classes.

    Args:
        found: The split in figures.
        splitting: The split as it was asked for.

    Raises:
        InputError: If `first_per_class` meets no label, or no class above its count; where
            several classes are for training, and only others are tested.
    """
    if found.trained > 1 and not found.shared and found.train < found.labelled:
        raise InputError(
            f"none of the {found.classes.count} classes ({found.classes}) has training and test "
            "images, so that every prediction would be wrong: check ingestion.label and splitting, "
            "and that the folders of both splits spell their classes alike; for features and a map "
            "alone, set ingestion.label=none"
        )
    if splitting.method != "first_per_class" or not found.images:
        return
    if not found.labelled:
        raise InputError(
            "splitting.method first_per_class needs labels, and no image has one: set "
            "ingestion.label, or splitting.method to fraction"
        )
    if found.train == found.labelled:
        raise InputError(
            f"splitting.count is {splitting.count}, but the largest class has {found.largest} "
            "images, so that nothing would be left to test: choose a smaller count"
        )


def warnings(found: Overview, splitting: SplittingParameters) -> Iterator[str]:
    """Return warnings for the user, one sentence each.

    Args:
        found: The split in figures.
        splitting: The split as it was asked for.
    """
    if not found.labelled:
        yield (
            "No image has a label, so no classifier will be trained: "
            "for one, put each class into a folder of its own or set ingestion.label."
        )
        return
    if found.classes.count == 1:
        yield (
            f"All labelled images are of one class ({found.classes}), so no classifier will be "
            "trained: it needs two; check ingestion.label."
        )
    yield from _about_the_whole(found, splitting)
    yield from _about_classes(found, splitting)


def _about_the_whole(found: Overview, splitting: SplittingParameters) -> Iterator[str]:
    if not found.train:
        yield (
            f"None of the {found.labelled} labelled images is for training, so no classifier will "
            f"be trained: {_remedy(splitting, 'train')}."
        )
    if found.train == found.labelled:
        yield (
            f"None of the {found.labelled} labelled images is left to test, so no accuracy will be "
            f"known: {_remedy(splitting, 'test')}."
        )


def _about_classes(found: Overview, splitting: SplittingParameters) -> Iterator[str]:
    if found.single.count:
        yield (
            f"{_counted(found.single)} one image ({found.single}), which is either trained on or "
            "tested, never both: add images, or take the class out."
        )
    if found.untrained.count and found.train:
        yield (
            f"{_counted(found.untrained)} no training image ({found.untrained}) and will never be "
            f"predicted: {_remedy(splitting, 'train')}."
        )
    if found.untested.count and found.train < found.labelled:
        yield (
            f"{_counted(found.untested)} no test image ({found.untested}), so its accuracy stays "
            f"unknown: {_remedy(splitting, 'test')}."
        )


def _counted(classes: Classes) -> str:
    return "1 class has" if classes.count == 1 else f"{classes.count} classes have"


def _remedy(splitting: SplittingParameters, lacking: str) -> str:
    change = {
        "fraction": f"{'lower' if lacking == 'train' else 'raise'} splitting.test_fraction",
        "first_per_class": f"choose a splitting.count below {splitting.count}",
        "folder": f"move some into a folder named {lacking}",
        "column": f"write '{lacking}' for some into column {splitting.column}",
    }
    return f"add images, or {change[splitting.method]}"


def _classes(labels: Iterable[str | None]) -> Classes:
    """Return how many labels there are, and the first few of them."""
    names = sorted(label for label in labels if label is not None)
    return Classes(len(names), names[:NAMED])
