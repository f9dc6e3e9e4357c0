"""What the page shows, computed from the results: the template only lays it out."""

from dataclasses import dataclass
from typing import Any

from pixelmill.pipelines.reporting import scores
from pixelmill.pipelines.reporting.counts import ConfusionCount, ImageCount
from pixelmill.pipelines.reporting.findings import findings, why_no_classifier
from pixelmill.pipelines.reporting.heat_map import heat_map
from pixelmill.pipelines.reporting.samples import Sample
from pixelmill.pipelines.reporting.scores import ClassScores
from pixelmill.pipelines.reporting.thumbnails import data_uri

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
SOURCE = ("images", "root", "count", "unlabelled", "skipped_examples")
PROFILE = (
    *("images", "already_done", "seconds", "images_per_second", "cores", "engine", "precision"),
    *("peak_worker_memory_bytes", "cpu_has_bfloat16", "bottleneck", "advice"),
)
TRAINED = ("estimator", "strategy", "parameters", "train", "seconds")
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
    featurizer: dict[str, Any]
    profile: dict[str, Any]
    classifier_summary: dict[str, Any]


def view(results: Results) -> dict[str, Any]:
    """Computes the template's variables.

    Args:
        results: All that the run left.
    """
    metrics, classifier = results.metrics, results.classifier_summary
    measured = metrics["accuracy"] is not None
    return {
        "metrics": metrics,
        "estimator": classifier.get("estimator") if classifier.get("trained") else None,
        "classifier_facts": _classifier_facts(classifier),
        "why_no_classifier": None if measured else why_no_classifier(metrics, classifier),
        "findings": list(findings(metrics, results.scores_by_class, classifier)),
        "confidence": _confidence(results.confusion_counts) if measured else None,
        "heat_map": heat_map(results.confusion_counts),
        "classes": sorted(results.scores_by_class, key=_worst_first)[:CLASS_ROWS],
        "classes_left_out": max(0, len(results.scores_by_class) - CLASS_ROWS),
        "sample_groups": _sample_groups(results.samples),
        "failures": results.failures,
        "unlabelled": sum(count.images for count in results.image_counts if count.label is None),
        "profile": dict.fromkeys(PROFILE) | results.profile,
        "steps": _steps(results.profile),
        "source": dict.fromkeys(SOURCE) | results.source,
        "skipped": {kind: n for kind, n in (results.source.get("skipped") or {}).items() if n},
        "network": _network(results.featurizer),
        "featurizer": dict(_flat(results.featurizer)),
    }


def _confidence(counts: list[ConfusionCount]) -> dict[str, float]:
    tested = sum(count.images for count in counts)
    low, high = scores.wilson_interval(scores.accuracy(counts), tested)
    return {
        "tested": tested,
        "low": low,
        "high": high,
        "baseline": scores.largest_class_share(counts),
    }


def _classifier_facts(classifier: dict[str, Any]) -> dict[str, Any]:
    """What was trained; empty where nothing was."""
    if not classifier.get("trained"):
        return {}
    return dict(_flat({name: classifier.get(name) for name in TRAINED}))


def _network(featurizer: dict[str, Any]) -> str:
    """The featurizer by the name that the user gave it."""
    return str(featurizer.get("network") or featurizer.get("featurizer") or "the featurizer")


def _worst_first(one: ClassScores) -> tuple[bool, float]:
    return one.f1 is None, one.f1 or 0.0


def _sample_groups(samples: list[Sample]) -> list[dict[str, Any]]:
    if samples and all(sample.prediction is None for sample in samples):
        return [_group(samples, "unlabelled", "", "")]
    return [
        _group(chosen, outcome, *titles)
        for outcome, titles in GROUPS.items()
        if (chosen := [sample for sample in samples if sample.outcome == outcome])
    ]


def _group(samples: list[Sample], outcome: str, title: str, order: str) -> dict[str, Any]:
    tiles = [
        {
            "sample": sample,
            "name": "/".join(sample.path.split("/")[-2:]),
            "picture": None if sample.picture is None else data_uri(sample.picture),
        }
        for sample in samples
    ]
    return {"outcome": outcome, "title": title, "order": order, "tiles": tiles}


def _steps(profile: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps of the run with their share of the core time, 0 to 1; none without a run."""
    shares, seconds = profile.get("share") or {}, profile.get("seconds_by_step") or {}
    return [
        {"key": key, "name": name, "share": shares[key] or 0.0, "seconds": seconds.get(key)}
        for key, name in STEPS.items()
        if key in shares
    ]


def _flat(description: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested descriptions as one list of names and values."""
    pairs: list[tuple[str, Any]] = []
    for name, value in description.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{name}, ")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs
