"""Figures of the report as SVG: the page contains them, and kedro-viz previews them."""

from collections.abc import Iterable
from typing import Any

from pixelmill.pages import file_of, templates
from pixelmill.pages.formatting import brief, figure, number, percent
from pixelmill.pipelines.reporting.charts import reliability, variance_curve
from pixelmill.pipelines.reporting.k_distances import k_distances
from pixelmill.records import ClassifierSummary, MapSummary, Metrics

PACKAGE = "pixelmill.pipelines.reporting"
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
    return _draw("calibration_curve", map(percent, QUARTERS), bars=bars)


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
    return _draw("explained_variance", map(percent, QUARTERS), variance=variance)


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
    return _draw("k_distances", (figure(curve.top * share) for share in QUARTERS), curve=curve)


def _nothing(why: str) -> str:
    return _draw("nothing", (), why=why)


def _draw(name: str, ticks: Iterable[str], **variables: Any) -> str:
    """Render a template of the folder `svg`.

    Args:
        name: Name of the template without its extension.
        ticks: Texts of the lines at each quarter of the height, upwards.
        variables: Variables of the template.
    """
    environment = templates(lambda name: file_of(PACKAGE, name), brief=brief, number=number)
    return environment.get_template(f"svg/{name}.svg.j2").render(ticks=ticks, **variables)
