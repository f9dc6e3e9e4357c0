"""The node of the export."""

import json
import logging
from functools import partial
from typing import Any

from pixelmill.classifier import Classifier, Manifest
from pixelmill.classifier.featurizing import convert_networks
from pixelmill.classifier.folder import CARD, NETWORKS, above
from pixelmill.datasets.classifier_export import ONNX, ExportedClassifier
from pixelmill.errors import InputError
from pixelmill.models import Files
from pixelmill.pipelines.export.card import CardContent, card_values, model_card
from pixelmill.pipelines.export.onnx_file import to_onnx
from pixelmill.pipelines.export.onnx_scores import UnsupportedError
from pixelmill.records import MeasuredClassifier, Metrics, Source

logger = logging.getLogger(__name__)


def export_classifier(
    classifier: Classifier,
    metrics: Metrics,
    source: Source,
    measured_classifier: MeasuredClassifier,
) -> ExportedClassifier:
    """Collect what is needed to use a classifier elsewhere, and to judge it.

    Args:
        classifier: Classifier with its model, or with the reason why there is none.
        metrics: Contents of `metrics.json`.
        source: Image source.
        measured_classifier: Which classifier was measured, with the parameters of its splits.

    Returns:
        The classifier, what writes its card, `card.json`, `labels.json`, `featurizer.json`,
        `model.onnx` where it has an ONNX graph, and the converted networks of its featurizer.

    Raises:
        InputError: If the metrics are of another classifier.
    """
    identities = metrics.get("classifier") or "", measured_classifier.get("identity")
    if identities != (classifier.manifest.identity,) * 2:
        raise InputError(
            "metrics.json has the figures of another classifier than that which was trained last: "
            "run `kedro run --pipelines modelling,reporting,export` with the same parameters"
        )
    files, without_onnx = _onnx(classifier)
    if without_onnx is not None and classifier.model is not None:
        logger.info("No model.onnx: %s.", without_onnx)
    content = CardContent(
        classifier.manifest, metrics, source, measured_classifier.get("splitting", {}), without_onnx
    )
    manifest = classifier.manifest
    files |= {"labels.json": _json(manifest.labels), "featurizer.json": _json(manifest.featurizer)}
    files |= {CARD: _json(card_values(content))} | _networks(manifest)
    return ExportedClassifier(classifier, partial(model_card, content), files)


def _onnx(classifier: Classifier) -> tuple[Files, str | None]:
    """Return `model.onnx`, or why there is none."""
    if classifier.preparation is None or classifier.model is None:
        return {}, "there is no model"
    labels = classifier.manifest.labels
    try:
        return {ONNX: to_onnx(classifier.preparation, classifier.model, labels)}, None
    except UnsupportedError as problem:
        return {}, str(problem)


def _networks(manifest: Manifest) -> Files:
    """Return the converted networks of a classifier that has a model."""
    if manifest.reason is not None:
        return {}
    try:
        return above(NETWORKS, convert_networks(manifest.featurizer))
    except InputError as problem:
        logger.warning("The export holds no network, which a service needs: %s.", problem)
        return {}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
