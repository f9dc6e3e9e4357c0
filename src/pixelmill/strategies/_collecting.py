"""The fit of a strategy from many fits of one estimator."""

from collections import Counter
from collections.abc import Sequence

from pixelmill.estimators import Fit
from pixelmill.models import Model

SHOWN = 3


def collect(model: Model, fits: Sequence[Fit], more: Sequence[str] = ()) -> Fit:
    """Return the fit of the whole.

    Args:
        model: Made of the fits' models.
        fits: One at least.
        more: Warnings of the strategy itself, which come first.

    Returns:
        The model, the parameters of the first fit, and at most a few warnings with the number of
        fits that they are about.
    """
    return Fit(model, fits[0].parameters, [*more, *_counted(fits)])


def _counted(fits: Sequence[Fit]) -> list[str]:
    counts = Counter(warning for fit in fits for warning in dict.fromkeys(fit.warnings))
    common = counts.most_common(SHOWN)
    sentences = [f"{count:,} of {len(fits):,} fits: {warning}" for warning, count in common]
    if len(counts) > SHOWN:
        sentences.append(f"{len(counts) - SHOWN:,} other warnings of the fits are left out.")
    return sentences
