"""Figures of the report as SVG: the page contains them, and kedro-viz previews them."""

from pixelmill.pages.formatting import figure, percent
from pixelmill.pipelines.reporting.charts import reliability, variance_curve
from pixelmill.pipelines.reporting.k_distances import k_distances
from pixelmill.pipelines.reporting.page import render_figure
from pixelmill.records import ClassifierSummary, MapSummary, Metrics

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the height of a chart, where it has a line


def draw_calibration_curve(metrics: Metrics) -> str:
    """Return the share of right predictions over their score, with the number of images.

    Args:
        metrics: The figures of the run with the entry `calibration`.

    Returns:
        An SVG file; one sentence where there are no probabilities.
    """
    bars = reliability(metrics.get("calibration"))
    if not bars:
        return _nothing("The scores of the classifier are no probabilities.")
    return render_figure("calibration_curve", map(percent, QUARTERS), bars=bars)


def draw_explained_variance(classifier_summary: ClassifierSummary) -> str:
    """Return the cumulative share of the variance over the principal components.

    Args:
        classifier_summary: The classifier's description with `variance_share` (or null).

    Returns:
        An SVG file; one sentence without a PCA.
    """
    variance = variance_curve(classifier_summary.get("variance_share"))
    if variance is None:
        return _nothing("No principal components: modelling.preparation.pca is null.")
    return render_figure("explained_variance", map(percent, QUARTERS), variance=variance)


def draw_k_distances(map_summary: MapSummary) -> str:
    """Return the distances to the k-th neighbour, from whose knee `eps` of DBSCAN comes.

    Args:
        map_summary: The map's summary; empty where there is no map.

    Returns:
        An SVG file; one sentence where no map has such a curve.
    """
    if not map_summary:
        return _nothing("No map: `kedro run --pipelines mapping` makes one.")
    curve = k_distances(map_summary.get("grouping") or {})
    if curve is None:
        return _nothing("No k-distances: mapping.grouping.method is not dbscan.")
    return render_figure(
        "k_distances", (figure(curve.top * share) for share in QUARTERS), curve=curve
    )


def _nothing(why: str) -> str:
    return render_figure("nothing", (), why=why)
