"""Plotly figures that kedro-viz previews.

Values go in as plain lists: Plotly writes arrays as base64, which kedro-viz's plotly.js, older
than Plotly itself, does not read.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pixelmill.pipelines.reporting.confusion import ConfusionMatrix, confusion_matrix
from pixelmill.pipelines.reporting.counts import ConfusionCount
from pixelmill.pipelines.reporting.scores import ClassScores

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
else:
    Figure = Any  # Kedro reads the signatures of nodes at run time, and Plotly is slow to load

__all__ = [
    "Figure",
    "class_scores_figure",
    "confusion_figure",
    "empty",
    "figure",
    "layout",
    "plain",
    "title_of",
]

CLASSES = 200  # drawn at most; more are no picture but a carpet
NUMBERED = 20  # classes up to which the cells have room for numbers
NO_CLASSIFIER = "No classifier, so no predictions: the report says why."
BLUES = [[0.0, "#ffffff"], [0.02, "#dbe7f3"], [0.3, "#8db4d8"], [1.0, "#1f4e79"]]
MEASURES = {"precision": "#1f77b4", "recall": "#e08214", "f1": "#2ca25f"}  # on white and on dark


def confusion_figure(counts: Sequence[ConfusionCount]) -> Figure:
    """Return a heat map of true classes (rows) and predicted ones, coloured by share of the row.

    Args:
        counts: The cells of the confusion matrix that are not zero.
    """
    if not counts:
        return empty("Confusion matrix")
    matrix = confusion_matrix(counts, CLASSES)
    size = len(matrix.labels)
    drawn = figure(
        {
            "type": "heatmap",
            "z": [[matrix.share(row, column) for column in range(size)] for row in range(size)],
            "x": list(range(size)),
            "y": list(range(size)),
            "customdata": matrix.images,
            "text": _hover(matrix),
            "texttemplate": "%{customdata}" if size <= NUMBERED else "",
            "hovertemplate": "%{text}<br>%{customdata} images, %{z:.0%} of the row<extra></extra>",
            "zmin": 0,
            "zmax": 1,
            "colorscale": BLUES,
            "colorbar": {"title": "share of<br>the class", "tickformat": ".0%"},
        }
    )
    layout(drawn, title_of("Confusion matrix", size, matrix.classes), 360 + 14 * size)
    ticks = {"tickvals": list(range(size)), "ticktext": [plain(name) for name in matrix.labels]}
    drawn.update_xaxes(title="predicted", tickangle=-45, **ticks)
    drawn.update_yaxes(title="true", autorange="reversed", scaleanchor="x", **ticks)
    return drawn


def class_scores_figure(scores: Sequence[ClassScores]) -> Figure:
    """Return precision, recall and F1 as dots on one line for each class, the worst on top.

    Args:
        scores: The scores of each class; those without test images are left out.
    """
    measured = sorted((one for one in scores if one.f1 is not None), key=_worst_first)[:CLASSES]
    if not measured:
        return empty("Precision, recall and F1 by class")
    rows = list(range(len(measured)))
    drawn = figure(
        [
            {
                "type": "scatter",
                "mode": "markers",
                "name": name.replace("f1", "F1"),
                "x": [getattr(one, name) for one in measured],
                "y": rows,
                "text": [f"{plain(one.label)}, {one.test} test images" for one in measured],
                "hovertemplate": "%{text}<br>%{x:.1%}<extra>%{fullData.name}</extra>",
                "marker": {"color": colour, "size": 9, "opacity": 0.85},
            }
            for name, colour in MEASURES.items()
        ]
    )
    known = sum(one.f1 is not None for one in scores)
    title = title_of("Precision, recall and F1 by class", len(measured), known)
    layout(drawn, title, 160 + 18 * len(measured))
    drawn.update_xaxes(range=[-0.02, 1.02], tickformat=".0%")
    drawn.update_yaxes(
        tickvals=rows, ticktext=[plain(one.label) for one in measured], autorange="reversed"
    )
    return drawn


def plain(label: str) -> str:
    """Return the label as Plotly shows it literally: Plotly reads HTML tags in every text."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def figure(data: Any) -> Figure:
    """Return a figure of traces, each a dictionary as Plotly's reference has it."""
    import plotly.graph_objects

    return plotly.graph_objects.Figure(data)


def _worst_first(scores: ClassScores) -> tuple[float, str]:
    return scores.f1 or 0.0, scores.label


def _hover(matrix: ConfusionMatrix) -> list[list[str]]:
    labels = [plain(label) for label in matrix.labels]
    return [[f"{true} taken for {predicted}" for predicted in labels] for true in labels]


def title_of(text: str, shown: int, classes: int) -> str:
    """Return the title, with the number of classes shown if it is not all of them."""
    return text if shown == classes else f"{text}: the worst {shown:,} of {classes:,} classes"


def layout(drawn: Figure, title: str, height: int) -> None:
    """Apply the common layout to a figure.

    Args:
        drawn: The figure.
        title: Above it.
        height: Height in pixels.
    """
    drawn.update_layout(
        template="none",
        title=title,
        height=height,
        font={"family": "Helvetica, Arial, sans-serif", "size": 12},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    drawn.update_xaxes(automargin=True, zeroline=False)
    drawn.update_yaxes(automargin=True, zeroline=False)


def empty(title: str, why: str = NO_CLASSIFIER) -> Figure:
    """Return a figure that says why there is nothing to draw.

    Args:
        title: Figure title.
        why: The sentence.
    """
    drawn = figure([])
    layout(drawn, title, 240)
    drawn.add_annotation(text=why, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    drawn.update_xaxes(visible=False)
    drawn.update_yaxes(visible=False)
    return drawn
