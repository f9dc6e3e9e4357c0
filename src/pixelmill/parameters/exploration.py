"""What is looked for in the images of a data set before anything is trained on them."""

from typing import Annotated

from pydantic import Field

from pixelmill.parameters._base import Count, Fraction, Parameters

KINDS = (
    *("label_error", "exact_duplicate", "near_duplicate", "blank", "dark", "bright", "blurred"),
    *("tiny", "odd_aspect", "greyscale", "outlier"),
)
"""All kinds of findings, what harms a classifier most first."""

COPIES = ("exact_duplicate", "near_duplicate")
EXCLUDABLE = {"duplicates": COPIES, **{kind: (kind,) for kind in KINDS}}
"""What `ingestion.exclude` may name beside globs, and the kinds of findings that it means."""

Percent = Annotated[float, Field(gt=0, le=100)]


class CheckParameters(Parameters):
    """The two thresholds of a measure; an image is found that is beyond both.

    Attributes:
        limit: Threshold for every data set, in the unit of the measure; null for none.
        worst_percent: Maximum share of images found, in percent, but one image at least: that
            percentile of the data set is the threshold, so a property of most images is no finding.
            Null for no maximum.
    """

    limit: float | None
    worst_percent: Percent | None = 20


class BlurParameters(CheckParameters):
    """The thresholds of blurred images.

    Attributes:
        edge_strength: Mean gradient in grey levels a pixel below which an image has no edges to
            judge.
        shorter_side: Pixels below which an image has too few of them to judge.
    """

    edge_strength: Annotated[float, Field(ge=0)] = 3
    shorter_side: Annotated[int, Field(ge=1)] = 64


class LabelErrorParameters(Parameters):
    """How label errors are looked for.

    Attributes:
        folds: Parts of the images, each of which is judged by a classifier of the others.
        margin: Least difference of the probabilities of the suggested label and of the given one.
        sure: Difference from which an image is found although its probability of the suggested
            label is less than that class's own images have on average.
        precision: Least share of the images found whose label is expected to be wrong; more is
            wanted where images of one class are not near each other.
    """

    folds: Annotated[int, Field(ge=2, le=20)] = 5
    margin: Annotated[float, Field(ge=0, lt=1)] = 0.2
    sure: Annotated[float, Field(gt=0, le=1)] = 0.3
    precision: Annotated[float, Field(gt=0, le=1)] = 0.7


class OutlierParameters(Parameters):
    """How outliers are looked for.

    Attributes:
        neighbours: Number of nearest images that count.
        fence: Interquartile ranges above the upper quartile of the logarithms of the distances,
            beyond which an image is an outlier.
    """

    neighbours: Count = 10
    fence: Annotated[float, Field(ge=0)] = 3


class ExplorationParameters(Parameters):
    """What is looked for, and how much of it the page shows.

    Attributes:
        blurred: Width of the sharpest edges in pixels of the image at 256 pixels; above.
        dark: Luma that 99% of the pixels do not exceed, 0 to 255; below.
        bright: Luma that 95% of the pixels exceed, 0 to 255; above.
        blank: Contrast, 0 and more; below.
        tiny: Shorter side in pixels; below.
        odd_aspect: Longer side over shorter side; above.
        greyscale: Difference of the channels that 99% of the pixels do not exceed, 0 to 255; below.
        label_errors: Label error parameters.
        outliers: Outlier parameters.
        components: Principal components of the features that serve for both.
        sampled: Maximum number of images that are searched for label errors and outliers.
        imbalance: Share of the largest class below which a class is called small.
        shown: Images of a kind of finding, and images without a label, on the page at most.
        samples: Images of a class on its contact sheet; 0 for no sheets.
        classes: Classes with a contact sheet at most, the largest ones.
    """

    blurred: BlurParameters = BlurParameters(limit=1.4)
    dark: CheckParameters = CheckParameters(limit=64)
    bright: CheckParameters = CheckParameters(limit=235)
    blank: CheckParameters = CheckParameters(limit=0.03, worst_percent=None)
    tiny: CheckParameters = CheckParameters(limit=64)
    odd_aspect: CheckParameters = CheckParameters(limit=3)
    greyscale: CheckParameters = CheckParameters(limit=8)
    label_errors: LabelErrorParameters = LabelErrorParameters()
    outliers: OutlierParameters = OutlierParameters()
    components: Count = 128
    sampled: Annotated[int, Field(ge=100)] = 20_000
    imbalance: Fraction = 0.1
    shown: Annotated[int, Field(ge=0, le=1000)] = 100
    samples: Annotated[int, Field(ge=0, le=100)] = 8
    classes: Annotated[int, Field(ge=0, le=500)] = 40
