"""The summary at the end of a run: counts, metrics, and files to open."""

from pathlib import Path
from typing import TypedDict, Unpack

from pixelmill.pages.formatting import quantity
from pixelmill.records import (
    ClassifierSummary,
    DuplicatesSummary,
    ExplorationSummary,
    Grouping,
    IndexSummary,
    LabellingSummary,
    MapSummary,
    Metrics,
    NeighbourAgreement,
    Profile,
    Source,
)

# A shorter run starts Java and the workers for much of it: its rate says little of a longer one.
SHORT_SECONDS = 30
MOST = 5  # classes that the summary of a prediction names


class OtherSummaries(TypedDict, total=False):
    """Summaries that a run may have beside those of a classifier.

    Attributes:
        duplicates_summary: Contents of `duplicates.json`.
        neighbours_summary: Contents of `neighbours.json`.
        exploration_summary: Contents of `exploration.json`.
    """

    duplicates_summary: DuplicatesSummary
    neighbours_summary: IndexSummary
    exploration_summary: ExplorationSummary


def with_nothing_computed(profile: Profile) -> Profile:
    """Return the profile of an earlier run as that of one that found all features.

    Args:
        profile: Contents of `profile.json`.
    """
    done = profile["images"] + profile["already_done"]
    return profile | {"images": 0, "already_done": done, "remarks": {}}


def summary(
    dataset: str,
    source: Source | None = None,
    profile: Profile | None = None,
    classifier_summary: ClassifierSummary | None = None,
    metrics: Metrics | None = None,
    **others: Unpack[OtherSummaries],
) -> list[str]:
    """Return the lines of the summary; None means that this run did not make it.

    Args:
        dataset: Name of the data set.
        source: What was listed: `count`.
        profile: Contents of `profile.json`.
        classifier_summary: What was trained.
        metrics: Contents of `metrics.json`.
        others: Summaries of other pipelines.
    """
    counts = ""
    if metrics is not None:
        counts = f" {quantity(metrics['images'], 'image')}, {metrics['failed']:,} failed"
    elif source is not None:
        counts = f" {quantity(source['count'], 'image')}"
    lines = ["", f"{dataset}:{counts}", *(_contradictions(source) if source else [])]
    if profile is not None:
        lines += [_speed(profile), *_remarks(profile)]
    if metrics is not None:
        if left_out := metrics.get("left_out"):
            lines.append(f"  left out: {', '.join(counted(left_out))}")
        lines += _quality(metrics)
    elif classifier_summary is not None:
        lines += _trained(classifier_summary)
    explored = others.get("exploration_summary", {})
    return [
        *lines,
        *_copies(others.get("duplicates_summary", {})),
        *_index(others.get("neighbours_summary", {})),
        *(f"  {one}" for one in explored.get("most_important", [])),
    ]


def counted(left_out: dict[str, int]) -> list[str]:
    """Return numbers of images with their reasons, as "12 duplicates"."""
    return [f"{count:,} {reason.replace('_', ' ')}" for reason, count in left_out.items()]


def labelling(found: LabellingSummary) -> list[str]:
    """Return the lines of the summary of new images.

    Args:
        found: Contents of `summary.json`.
    """
    most = sorted(found["labels"].items(), key=lambda one: -one[1])
    named = ", ".join(f"{label} {count:,}" for label, count in most[:MOST])
    more = f" and {len(most) - MOST:,} more labels" if len(most) > MOST else ""
    counts = f"{found['labelled']:,} of {found['images']:,} images labelled"
    return [
        "",
        f"{found['root']}: {counts}, {found['failed']:,} failed",
        f"  {named or 'no image was labelled'}{more}",
        "the table:",
    ]


def mapped(
    dataset: str,
    found: MapSummary,
    duplicates_summary: DuplicatesSummary | None = None,
    neighbours_summary: IndexSummary | None = None,
) -> list[str]:
    """Return the lines of the summary of a map.

    Args:
        dataset: Name of the data set.
        found: Contents of `map.json`.
        duplicates_summary: Contents of `duplicates.json`; nothing where they were not looked for.
        neighbours_summary: Contents of `neighbours.json`; nothing where there is no index.
    """
    return [
        "",
        f"{dataset}: {quantity(found['images'], 'image')} on the map, {found['failed']:,} failed",
        *_folded(found.get("copies", 0)),
        *_groups(found["grouping"], found["images"]),
        *_near(found["neighbours"]),
        *_copies(duplicates_summary or {}),
        *_index(neighbours_summary or {}),
        "open:",
    ]


def _groups(grouping: Grouping | None, images: int) -> list[str]:
    if grouping is None:
        return []
    noise, number = grouping["noise"], len(grouping["groups"])
    unclustered = f"{quantity(noise, 'image')} unclustered"
    reason = grouping.get("reason")
    line = f"  {quantity(number, 'cluster')}, {unclustered} ({noise / images:.0%})"
    return [line, f"  {reason}"] if reason else [line]


def _folded(copies: int) -> list[str]:
    if not copies:
        return []
    return [f"  {quantity(copies, 'copy counts', 'copies count')} with another image"]


def _near(neighbours: NeighbourAgreement) -> list[str]:
    if neighbours["map"] is None or neighbours["features"] is None:
        return []
    shares = f"map {neighbours['map']:.3f}, features {neighbours['features']:.3f}"
    most = neighbours["most"]
    limit = "" if most == 1 else f" (ceiling {most:.3f}: some labels have few images)"
    return [f"  {neighbours['k']}-NN label agreement: {shares}{limit}"]


def _copies(duplicates: DuplicatesSummary) -> list[str]:
    if not duplicates.get("enabled"):
        return []
    copies = quantity(duplicates["copies"], "copy", "copies")
    return [f"  near-duplicates: {copies} in {quantity(duplicates['groups'], 'group')}"]


def _index(neighbours: IndexSummary) -> list[str]:
    if not neighbours:
        return []
    recall = neighbours["recall"]
    found = "" if recall is None else f", recall@{neighbours['k']} {recall:.3f}"
    return [f"  neighbour index: {quantity(neighbours['images'], 'image')}{found}"]


def _speed(profile: Profile) -> str:
    if not profile["images"]:
        known = profile["already_done"]
        return f"  features: {'1 was' if known == 1 else f'all {known:,} were'} there already"
    computed = f"  features: {profile['images']:,} computed"
    if profile["seconds"] < SHORT_SECONDS:
        return f"{computed} in {profile['seconds']:.1f} s"
    rate = f"{profile['images_per_second']:.0f} images a second"
    return f"{computed}, {rate}, {profile['bottleneck']}"


def _remarks(profile: Profile) -> list[str]:
    """Return what is unusual about images that have features."""
    found = profile.get("remarks", {}).items()
    return [f"  note: {quantity(count, 'image')}: {what}" for what, count in found]


def _quality(metrics: Metrics) -> list[str]:
    classes = quantity(metrics["classes"], "class", "classes")
    counts = f"{classes}, {metrics['train']:,} train, {metrics['test']:,} test"
    if metrics["accuracy"] is None:
        if not metrics["trained"]:
            return ["  no classifier: the report says why"]
        return [
            f"  accuracy: unknown, no labelled image to test ({counts})",
            *_pca(metrics["components"]),
        ]
    others = {
        "f1": metrics["f1"]["macro"],
        "balanced accuracy": metrics["balanced_accuracy"],
        "top 3": metrics["top_3"],
    }
    known = [f"{name}: {share:.3f}" for name, share in others.items() if share is not None]
    accuracy = f"  accuracy: {metrics['accuracy']:.3f} ({counts})"
    return [accuracy, f"  {', '.join(known)}", *_pca(metrics["components"])]


def _contradictions(source: Source) -> list[str]:
    several = len(source.get("contradictions") or {})
    have = quantity(several, "image has", "images have")
    return [f"  labels: {have} several, the first counts"] if several else []


def _trained(classifier: ClassifierSummary) -> list[str]:
    """Return what was trained, where this run did not measure it."""
    if not classifier["trained"]:
        return [f"  no classifier: {classifier['reason']}"]
    counts = f"{len(classifier['labels']):,} classes, {classifier['train']:,} train"
    return [
        f"  classifier: {classifier['estimator']} ({counts})",
        *_pca(classifier["components"]),
        "  not measured in this run: kedro run --pipelines reporting,export does it",
    ]


def _pca(components: int | None) -> list[str]:
    return [] if components is None else [f"  principal components: {components}"]


def shown_path(path: str) -> str:
    """Return a path as one would type it: relative to the current folder if it is below it."""
    if "://" in path or not Path(path).is_relative_to(Path.cwd()):
        return path
    return str(Path(path).relative_to(Path.cwd()))
