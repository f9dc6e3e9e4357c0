"""What the pipelines of the map, the copies and the neighbours leave for the report."""

KNEE = 150  # of 200 points


def map_of(labelled, **others):
    """The summary of a map whose groups are the labels.

    Args:
        labelled: Pairs (path, label).
        others: Entries of the summary that differ.
    """
    distances = [0.5 + 0.001 * n if n < KNEE else 0.65 + 0.05 * (n - KNEE) for n in range(200)]
    return {
        "images": len(labelled),
        "failed": 3,
        "fitted": len(labelled),
        "notes": ["perplexity lowered from 30 to 2: there are 7 images"],
        "projection": {
            "method": "tsne",
            "parameters": {"perplexity": 2},
            "seed": 0,
            "seconds": 1.5,
        },
        "grouping": {
            "method": "dbscan",
            "space": "projection",
            "parameters": {"min_samples": 5},
            "seconds": 0.1,
            "eps": 0.65,
            "k_distances": distances,
            "knee": KNEE,
            "silhouette": 0.4123,
            "noise": 12,
            "ari": 0.7654,
            "nmi": 0.8321,
            "groups": groups_of(labelled),
        },
        "neighbours": {
            "k": 10,
            "map": 0.62,
            "features": 0.78,
            "most": 0.9,
            "trustworthiness": 0.9712,
        },
    } | others


def groups_of(labelled):
    """A group for each label."""
    labels = list(dict.fromkeys(label for _, label in labelled))
    return [
        group_of(cluster, label, [path for path, its in labelled if its == label])
        for cluster, label in enumerate(labels)
    ]


def group_of(cluster, label, paths):
    """The description of a group of images."""
    return {
        "cluster": cluster,
        "name": label,
        "size": len(paths),
        "medoid": paths[0],
        "typical": paths[:8],
        "unusual": paths[::-1][:8],
        "label": label,
        "purity": 0.9,
    }


COPIES = {"images": 123, "groups": 4, "copies": 6, "exact": 2, "labels_differ": 1, "notes": []}
INDEX = {"images": 123, "recall": 0.9876}
