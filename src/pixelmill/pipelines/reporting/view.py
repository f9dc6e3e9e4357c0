"""Variables of the page's template, computed from the results."""

from dataclasses import dataclass, field
from typing import Any

from pixelmill.pipelines.reporting import charts, scores
from pixelmill.pipelines.reporting.counts import ConfusionCount, ImageCount
from pixelmill.pipelines.reporting.feature_charts import feature_charts
from pixelmill.pipelines.reporting.findings import (
    about_images,
    about_labels,
    findings,
    why_no_classifier,
)
from pixelmill.pipelines.reporting.heat_map import heat_map
from pixelmill.pipelines.reporting.leaderboard import leaderboard
from pixelmill.pipelines.reporting.map_view import map_view
from pixelmill.pipelines.reporting.pair_map import PairMap, pair_map
from pixelmill.pipelines.reporting.pairs import Pair
from pixelmill.pipelines.reporting.samples import Sample
from pixelmill.pipelines.reporting.scores import ClassScores
from pixelmill.pipelines.reporting.similarity_view import duplicates_view, index_view
from pixelmill.pipelines.reporting.tables import Table, no_rows
from pixelmill.pipelines.reporting.tiles import tiles

STEPS = {
    "start_up": "Start-up",
    "read": "Read",
    "decode": "Decode",
    "infer": "Infer",
    "write": "Write",
    "idle": "Idle",
}
GROUPS = {
    "wrong": ("Wrong", "most confident first"),
    "right": ("Right", "least confident first"),
    "unlabelled": ("Without a label", "least confident first"),
}
# A report of hours of work must not fail because a description lacks what the page would show.
SOURCE = ("images", "root", "count", "unlabelled", "skipped_examples", "contradictions")
PROFILE = (
    *("images", "already_done", "seconds", "images_per_second", "cores", "engine", "precision"),
    *(
        "peak_worker_memory_bytes",
        "cpu_has_bfloat16",
        "bottleneck",
        "advice",
        "findings",
        "cluster",
        "remarks",
    ),
)
TRAINED = (
    *("estimator", "strategy", "parameters", "features", "preparation", "probabilities"),
    *("train", "seconds"),
)
CLASS_ROWS = 1000  # of the table, the worst; a page with more is slow to open


@dataclass(frozen=True)
class Results:
    """All that a run leaves to report; the names are those of the catalog."""

    metrics: dict[str, Any]
    scores_by_class: list[ClassScores]
    confusion_counts: list[ConfusionCount]
    image_counts: list[ImageCount]
    samples: list[Sample]
    failures: dict[str, Any]
    source: dict[str, Any]
    profile: dict[str, Any]
    classifier_summary: dict[str, Any]
    calibration_curve: str
    explained_variance: str
    k_distances: str
    joined_featurizer: dict[str, Any] = field(default_factory=dict)
    table_samples: list[Sample] = field(default_factory=list)
    pairs: Table = field(default_factory=no_rows)
    pair_samples: list[list[Sample]] = field(default_factory=list)
    class_rates: list[dict[str, Any]] = field(default_factory=list)
    grid: Table = field(default_factory=no_rows)
    importance: list[dict[str, Any]] = field(default_factory=list)
    exploration: dict[str, Any] = field(default_factory=dict)
    map_summary: dict[str, Any] = field(default_factory=dict)
    map_samples: list[list[Sample]] = field(default_factory=list)
    small_map: bytes = b""
    duplicates_summary: dict[str, Any] = field(default_factory=dict)
    neighbours_summary: dict[str, Any] = field(default_factory=dict)
    exploration_summary: dict[str, Any] = field(default_factory=dict)


def view(results: Results) -> dict[str, Any]:
    """Compute the template's variables.

    Args:
        results: All that the run left.
    """
    return _run(results) | _classifier(results) | _features(results) | _similarity(results)


def _run(results: Results) -> dict[str, Any]:
    """Return the variables of any run, with a classifier or without."""
    return {
        "metrics": results.metrics,
        "classes_of_images": len({count.label for count in results.image_counts} - {None}),
        "failures": results.failures,
        "unlabelled": sum(count.images for count in results.image_counts if count.label is None),
        "profile": dict.fromkeys(PROFILE) | results.profile,
        "steps": _steps(results.profile),
        "source": dict.fromkeys(SOURCE) | results.source,
        "skipped": {kind: n for kind, n in (results.source.get("skipped") or {}).items() if n},
    }


def _classifier(results: Results) -> dict[str, Any]:
    """Return the variables of the classifier and its grid."""
    metrics, classifier = results.metrics, results.classifier_summary
    measured = metrics["accuracy"] is not None
    trained = classifier if classifier.get("trained") else {}
    pairs = pair_map(results.pairs)
    rates = sorted(results.class_rates, key=_lowest_rate_first)
    return {
        "estimator": trained.get("estimator"),
        "classifier_facts": _classifier_facts(classifier),
        "why_no_classifier": None if measured else why_no_classifier(metrics, classifier),
        "findings": [
            *about_labels(results.source),
            *findings(metrics, results.scores_by_class, classifier),
            *about_images(results.exploration_summary),
        ],
        "confidence": _confidence(results) if measured else None,
        "heat_map": heat_map(results.confusion_counts),
        "pair_map": pairs,
        "pair_tiles": _pair_tiles(pairs, results.pair_samples),
        "classes": sorted(results.scores_by_class, key=_worst_first)[:CLASS_ROWS],
        "classes_left_out": max(0, len(results.scores_by_class) - CLASS_ROWS),
        "class_rates": rates[:CLASS_ROWS],
        "class_rates_left_out": max(0, len(rates) - CLASS_ROWS),
        "calibration": metrics.get("calibration"),
        "calibration_curve": results.calibration_curve,
        "leaderboard": leaderboard(results.grid),
        "importance": charts.importance_bars(results.importance),
        "sample_groups": _sample_groups(results.samples),
        "table_tiles": tiles(results.table_samples),
    }


def _features(results: Results) -> dict[str, Any]:
    """Return the variables of the features."""
    parts = results.joined_featurizer.get("parts") or []
    exploration = results.exploration
    return {
        "network": " and ".join(map(_network, parts)) or "the featurizer",
        "featurizers": [(_network(part), _described(part)) for part in parts],
        "variance": charts.variance_curve(results.classifier_summary.get("variance_share")),
        "explained_variance": results.explained_variance,
        "balance": charts.balance_bars(exploration.get("classes")),
        **feature_charts(exploration, has_script=True),
    }


def _similarity(results: Results) -> dict[str, Any]:
    """Return the variables of duplicates and neighbours."""
    return {
        "map": map_view(results.map_summary, results.map_samples, results.small_map),
        "k_distances": results.k_distances,
        "duplicates": duplicates_view(results.duplicates_summary),
        "index": index_view(results.neighbours_summary),
    }


def _confidence(results: Results) -> dict[str, Any]:
    counts, intervals = results.confusion_counts, results.metrics["intervals"]
    tested = sum(count.images for count in counts)
    low, high = intervals["accuracy"]
    if low == high:  # all are right or all wrong, so that no drawing from them differs
        low, high = scores.wilson_interval(scores.accuracy(counts), tested)
    baseline = scores.largest_class_share(counts)
    return {"tested": tested, "low": low, "high": high, "baseline": baseline}


def _classifier_facts(classifier: dict[str, Any]) -> dict[str, Any]:
    """Return what was trained; empty where nothing was."""
    if not classifier.get("trained"):
        return {}
    return dict(_flat({name: classifier.get(name) for name in TRAINED}))


def _network(featurizer: dict[str, Any]) -> str:
    """Return the featurizer by the name that the user gave it."""
    return str(featurizer.get("featurizer") or featurizer.get("network") or "a featurizer")


def _described(featurizer: dict[str, Any]) -> dict[str, Any]:
    """Return the description without `parameters`, which repeat it."""
    return dict(_flat({name: one for name, one in featurizer.items() if name != "parameters"}))


def _worst_first(one: ClassScores) -> tuple[bool, float]:
    return one.f1 is None, one.f1 or 0.0


def _lowest_rate_first(one: dict[str, Any]) -> tuple[bool, float]:
    return one["success_rate"] is None, one["success_rate"] or 0.0


def _sample_groups(samples: list[Sample]) -> list[dict[str, Any]]:
    if samples and all(sample.prediction is None for sample in samples):
        return [_group(samples, "unlabelled", "", "")]
    return [
        _group(chosen, outcome, *titles)
        for outcome, titles in GROUPS.items()
        if (chosen := [sample for sample in samples if sample.outcome == outcome])
    ]


def _group(samples: list[Sample], outcome: str, title: str, order: str) -> dict[str, Any]:
    return {"outcome": outcome, "title": title, "order": order, "tiles": tiles(samples)}


def _pair_tiles(pairs: PairMap | None, samples: list[list[Sample]]) -> list[tuple[Pair, Any]]:
    """Return the hardest pairs that have images to show."""
    shown = zip(pairs.hardest if pairs else [], samples, strict=False)
    return [(pair, tiles(images)) for pair, images in shown if images]


def _steps(profile: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of the run with their share of the core time, 0 to 1; none without a run."""
    shares, seconds = profile.get("share") or {}, profile.get("seconds_by_step") or {}
    return [
        {"key": key, "name": name, "share": shares[key] or 0.0, "seconds": seconds.get(key)}
        for key, name in STEPS.items()
        if key in shares
    ]


def _flat(description: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return nested descriptions as one list of names and values."""
    pairs: list[tuple[str, Any]] = []
    for name, value in description.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{name}, ")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs
