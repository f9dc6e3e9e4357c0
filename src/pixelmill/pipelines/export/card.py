"""The model card: description, training data, metrics and usage.

Source: Mitchell et al., Model Cards for Model Reporting (2019).
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from pixelmill.classifier import Manifest
from pixelmill.records import Metrics, Source

LABELS_SHOWN = 40
FIGURES = ("accuracy", "balanced_accuracy", "top_3", "precision", "recall", "f1")
LOADING = """```python
from pixelmill import Classifier

classifier = Classifier.load("PATH OR s3:// URI OF THIS FOLDER"{arguments})
print(classifier.predict(["photo.jpg"]))
```

Or label a folder: `kedro run --pipelines prediction --params model=PATH,images=FOLDER{parameters}`.

{safety}

To load this model and no other, whoever may change the folder, give the digest of its manifest too:
`sha256="{digest}"`, or
`--params model_sha256={digest}`."""
SAFE = (
    "Loading runs no code of this folder: it holds numbers and the names of scikit-learn's types."
)
UNSAFE = (
    "**Loading can run any code of the author of this folder**: the classifier is a pickle, and is "
    "loaded only with `trusted=True`. Do that only where you know and trust its author."
)
ONNX_NOTE = (
    "`model.onnx` takes `features` (float32 [n, {dimension}], as the featurizer gives them) and "
    "gives `scores` (float32 [n, {labels}]) and `prediction` (string [n]). Scaling, normalization "
    "and PCA are part of it; the featurizer is not."
)


class CardContent(NamedTuple):
    """Content of a model card.

    Attributes:
        manifest: Manifest of the classifier.
        metrics: Contents of `metrics.json`.
        source: Image source.
        splitting: Parameters that the images were split by.
        without_onnx: Reason why there is no `model.onnx`; None if there is one.
    """

    manifest: Manifest
    metrics: Metrics
    source: Source
    splitting: dict[str, Any]
    without_onnx: str | None


def model_card(content: CardContent, digest: str, needs_trust: bool) -> str:
    """Return the card as Markdown.

    Args:
        content: Content of the card.
        digest: SHA-256 of the manifest's values.
        needs_trust: Whether the model can be read only by somebody who trusts its author.
    """
    title = f"# Classifier of the data set '{content.metrics.get('dataset')}'"
    if content.manifest.reason is not None:
        return f"{title}\n\nThere is no model: {content.manifest.reason}\n"
    sections = [
        title,
        "## Load it",
        _loading(digest, needs_trust),
        "## What it is",
        _table(_what(content.manifest, content.metrics.get("components"))),
        "## What it learned from",
        _table(_data(content)),
        "## How good it is",
        "On the test images, which it was not trained on:",
        _table(_figures(content.metrics)),
        "## Files",
        _files(content),
        "## Made with",
        _table(content.manifest.versions.items()),
    ]
    return "\n\n".join(sections) + "\n"


def card_values(content: CardContent) -> dict[str, Any]:
    """Return the values of the card: training images, split and metrics.

    Returns:
        JSON; nothing in it shows where the images are.
    """
    metrics = content.metrics
    counts = {
        "images": metrics.get("images"),
        "failed": metrics.get("failed"),
        "test": metrics.get("test"),
    }
    measured = ((name, metrics.get(name)) for name in FIGURES)
    return {
        "dataset": metrics.get("dataset"),
        "data": counts | {"train": content.manifest.train},
        "split": content.splitting,
        "figures": {name: value for name, value in measured if value is not None},
    }


def _loading(digest: str, needs_trust: bool) -> str:
    return LOADING.format(
        arguments=", trusted=True" if needs_trust else "",
        parameters=",trusted=true" if needs_trust else "",
        safety=UNSAFE if needs_trust else SAFE,
        digest=digest,
    )


def _what(manifest: Manifest, components: int | None) -> list[tuple[str, object]]:
    shown = ", ".join(manifest.labels[:LABELS_SHOWN])
    more = len(manifest.labels) - LABELS_SHOWN
    parts = (_featurizer(part) for part in manifest.featurizer.get("parts", ()))
    return [
        ("classes", f"{len(manifest.labels)}: {shown}" + (f" and {more} more" * (more > 0))),
        ("estimator", manifest.estimator),
        ("parameters", manifest.parameters),
        ("strategy", manifest.strategy),
        ("scores", "probabilities" if manifest.probabilities else "margins or votes"),
        ("features", f"{manifest.dimension} of {' and '.join(parts)}"),
        *([("principal components", components)] if components is not None else []),
    ]


def _featurizer(part: dict[str, Any]) -> str:
    name = part.get("network") or part.get("featurizer") or "a featurizer"
    return f"{name} ({part.get('fingerprint')})"


def _data(content: CardContent) -> list[tuple[str, object]]:
    metrics = content.metrics
    given = {name: value for name, value in content.splitting.items() if value is not None}
    return [
        ("images", f"{content.source.get('root')}"),
        ("number", f"{metrics.get('images')}, of which {metrics.get('failed')} failed"),
        ("training", f"{content.manifest.train} images"),
        ("test", f"{metrics.get('test')} images"),
        ("split", ", ".join(f"{name}: {value}" for name, value in given.items())),
    ]


def _figures(metrics: Metrics) -> list[tuple[str, object]]:
    """Return the shares among the metrics; where there are several averages, each by its name."""
    rows: list[tuple[str, object]] = []
    for name in FIGURES:
        value = metrics.get(name)
        averages = value if isinstance(value, dict) else {"": value}
        rows += [
            (f"{name} {average}".strip(), f"{share:.3f}")
            for average, share in averages.items()
            if isinstance(share, float)
        ]
    return rows or [("accuracy", "not measured: there was no test image")]


def _files(content: CardContent) -> str:
    manifest = content.manifest
    note = ONNX_NOTE.format(dimension=manifest.dimension, labels=len(manifest.labels))
    onnx = note if content.without_onnx is None else f"No `model.onnx`: {content.without_onnx}."
    lines = (
        "`manifest.json`: all of this for machines, size and SHA-256 of every file but this card",
        "`preparation.npz`: scaling, normalization and PCA",
        f"`model/`: the classifier ({manifest.kind})",
        "`spark_model/`, where there is one: the same in Spark's own format",
        "`labels.json`: the labels in the order of the scores",
        "`featurizer.json`: what made the features",
        "`card.json`: data, split and figures of this card for machines",
        "`networks/`, where there is one: the network, converted for OpenVINO",
        onnx,
    )
    return "\n".join(f"- {line}" for line in lines)


def _table(rows: Iterable[tuple[str, object]]) -> str:
    lines = (f"| {name} | {_cell(value)} |" for name, value in rows)
    return "\n".join(["| | |", "| --- | --- |", *lines])


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", "\\|").split())
