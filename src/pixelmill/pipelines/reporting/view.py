"""Variables of the page's template, computed from the results by a node for each section."""

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
from pixelmill.pipelines.reporting.tables import Table
from pixelmill.pipelines.reporting.tiles import sample_groups, tiles
from pixelmill.records import (
    ClassifierSummary,
    ClassRates,
    DuplicatesSummary,
    ExplorationSummary,
    FailureSummary,
    FeatureExploration,
    FeatureImportance,
    IndexSummary,
    JoinedFeaturizer,
    MapSummary,
    Metrics,
    Profile,
    Source,
)

STEPS = {
    "start_up": "Start-up",
    "read": "Read",
    "decode": "Decode",
    "infer": "Infer",
    "write": "Write",
    "idle": "Idle",
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


def prepare_run_section(
    image_counts: list[ImageCount],
    failures: FailureSummary,
    profile: Profile,
    source: Source,
) -> dict[str, Any]:
    """Return the page's variables of any run, with a classifier or without.

    Args:
        image_counts: The counted images.
        failures: Reasons why images have no features.
        profile: The run profile of the featurization.
        source: Image source.
    """
    return {
        "classes_of_images": len({count.label for count in image_counts} - {None}),
        "failures": failures,
        "unlabelled": sum(count.images for count in image_counts if count.label is None),
        "profile": dict.fromkeys(PROFILE) | profile,
        "steps": _steps(profile),
        "source": dict.fromkeys(SOURCE) | source,
        "skipped": {kind: n for kind, n in (source.get("skipped") or {}).items() if n},
    }


def prepare_classifier_section(
    metrics: Metrics,
    scores_by_class: list[ClassScores],
    confusion_counts: list[ConfusionCount],
    classifier_summary: ClassifierSummary,
    source: Source,
    exploration_summary: ExplorationSummary,
    calibration_curve: str,
) -> dict[str, Any]:
    """Return the page's variables of the classifier and how good it is.

    Args:
        metrics: The figures of the run.
        scores_by_class: The scores of each class.
        confusion_counts: The cells of the confusion matrix that are not zero.
        classifier_summary: The classifier's description.
        source: Image source, with what is unusual about its labels.
        exploration_summary: Number of findings; empty where nothing was explored.
        calibration_curve: The figure, SVG.
    """
    measured = metrics["accuracy"] is not None
    trained = classifier_summary if classifier_summary.get("trained") else {}
    return {
        "metrics": metrics,
        "estimator": trained.get("estimator"),
        "classifier_facts": _classifier_facts(classifier_summary),
        "why_no_classifier": None if measured else why_no_classifier(metrics, classifier_summary),
        "findings": [
            *about_labels(source),
            *findings(metrics, scores_by_class, classifier_summary),
            *about_images(exploration_summary),
        ],
        "confidence": _confidence(confusion_counts, metrics) if measured else None,
        "heat_map": heat_map(confusion_counts),
        "classes": sorted(scores_by_class, key=_worst_first)[:CLASS_ROWS],
        "classes_left_out": max(0, len(scores_by_class) - CLASS_ROWS),
        "calibration": metrics.get("calibration"),
        "calibration_curve": calibration_curve,
    }


def prepare_model_section(
    pairs: Table,
    pair_samples: list[list[Sample]],
    class_rates: list[ClassRates],
    grid: Table,
    importance: list[FeatureImportance],
) -> dict[str, Any]:
    """Return the page's variables of what only some strategies, grids and features leave.

    Args:
        pairs: The table `pairs`; empty for other strategies than one-vs-one.
        pair_samples: Images of the hardest pairs, the hardest first.
        class_rates: Accuracy of one-vs-rest by class; empty for other strategies.
        grid: The table `grid`; empty where no grid was searched.
        importance: Importance of each named feature; empty without such features.
    """
    shown = pair_map(pairs)
    rates = sorted(class_rates, key=_lowest_rate_first)
    return {
        "pair_map": shown,
        "pair_tiles": _pair_tiles(shown, pair_samples),
        "class_rates": rates[:CLASS_ROWS],
        "class_rates_left_out": max(0, len(rates) - CLASS_ROWS),
        "leaderboard": leaderboard(grid),
        "importance": charts.importance_bars(importance),
    }


def prepare_sample_section(samples: list[Sample], table_samples: list[Sample]) -> dict[str, Any]:
    """Return the page's variables of the images that it shows.

    Args:
        samples: The worst mistakes, or some images where none is predicted.
        table_samples: Images drawn from all predictions.
    """
    return {"sample_groups": sample_groups(samples), "table_tiles": tiles(table_samples)}


def prepare_feature_section(
    joined_featurizer: JoinedFeaturizer,
    exploration: FeatureExploration,
    classifier_summary: ClassifierSummary,
    explained_variance: str,
) -> dict[str, Any]:
    """Return the page's variables of the features.

    Args:
        joined_featurizer: What made the classifier's features.
        exploration: Statistics of named features; may be empty.
        classifier_summary: The classifier's description with `variance_share` (or null).
        explained_variance: The figure, SVG.
    """
    parts = joined_featurizer.get("parts") or []
    return {
        "network": " and ".join(map(_network, parts)) or "the featurizer",
        "featurizers": [(_network(part), _described(part)) for part in parts],
        "variance": charts.variance_curve(classifier_summary.get("variance_share")),
        "explained_variance": explained_variance,
        "balance": charts.balance_bars(exploration.get("classes")),
        **feature_charts(exploration, has_script=True),
    }


def prepare_similarity_section(
    map_summary: MapSummary,
    map_samples: list[list[Sample]],
    small_map: bytes,
    k_distances: str,
    duplicates_summary: DuplicatesSummary,
    neighbours_summary: IndexSummary,
) -> dict[str, Any]:
    """Return the page's variables of the map, duplicates and neighbours.

    Args:
        map_summary: The map's summary; empty where there is no map.
        map_samples: Images of each group of the map that is shown.
        small_map: Picture of the map, a WebP file; empty if there is none.
        k_distances: The figure, SVG.
        duplicates_summary: Summary of the near-duplicates; empty if they were not searched.
        neighbours_summary: Summary of the neighbour index; empty if there is none.
    """
    return {
        "map": map_view(map_summary, map_samples, small_map),
        "k_distances": k_distances,
        "duplicates": duplicates_view(duplicates_summary),
        "index": index_view(neighbours_summary),
    }


def _confidence(counts: list[ConfusionCount], metrics: Metrics) -> dict[str, Any]:
    tested = sum(count.images for count in counts)
    low, high = metrics["intervals"]["accuracy"] if metrics["intervals"] else (0.0, 0.0)
    if low == high:  # all are right or all wrong, so that no drawing from them differs
        low, high = scores.wilson_interval(scores.accuracy(counts), tested)
    baseline = scores.largest_class_share(counts)
    return {"tested": tested, "low": low, "high": high, "baseline": baseline}


def _classifier_facts(classifier: ClassifierSummary) -> dict[str, Any]:
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


def _lowest_rate_first(one: ClassRates) -> tuple[bool, float]:
    return one["success_rate"] is None, one["success_rate"] or 0.0


def _pair_tiles(pairs: PairMap | None, samples: list[list[Sample]]) -> list[tuple[Pair, Any]]:
    """Return the hardest pairs that have images to show."""
    shown = zip(pairs.hardest if pairs else [], samples, strict=False)
    return [(pair, tiles(images)) for pair, images in shown if images]


def _steps(profile: Profile) -> list[dict[str, Any]]:
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
