"""Labels of small classes are judged by the other pictures of each class alone."""

import numpy as np
import pytest

from pixelmill.exploration import small_classes
from pixelmill.exploration.small_classes import class_similarities, find_among_few
from pixelmill.parameters import LabelErrorParameters


def by_definition(rows, labels, pictures, image):
    """The similarities of one image, as the module's formula has them."""
    units = rows - rows.mean(axis=0)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    found = []
    for label in range(labels.max() + 1):
        members = {pictures[n]: units[n] for n in np.flatnonzero(labels == label)}
        others = [unit for picture, unit in members.items() if picture != pictures[image]]
        averaged = others if label == labels[image] else list(members.values())
        mean = np.sum(averaged, axis=0) if averaged else np.zeros(rows.shape[1])
        to_mean = units[image] @ mean / max(np.linalg.norm(mean), 1e-9)
        powers = [np.exp(units[image] @ other / 0.1) for other in others]
        to_nearest = 0.1 * np.log(np.mean(powers)) if powers else -1
        found.append((to_mean + to_nearest) / 2)
    return found


@pytest.mark.parametrize("chunk", [5, 512])
def test_similarities_leave_the_image_and_its_copies_out(chunk, monkeypatch):
    monkeypatch.setattr(small_classes, "CHUNK", chunk)
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(12, 5)).astype(np.float32)
    rows[3] = rows[0]  # a copy of another label, and one of the same label
    rows[6] = rows[0]
    labels = np.array([0, 0, 0, 1, 1, 1, 0, 1, 2, 2, 2, 3])
    pictures = np.array([0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 10, 11])
    chosen = np.arange(12) != 2
    found = class_similarities(rows, labels, pictures, chosen)
    assert found.shape == (11, 4)
    for row, image in zip(found, np.flatnonzero(chosen), strict=True):
        assert row == pytest.approx(by_definition(rows, labels, pictures, image), abs=1e-5)
    assert found[10, 3] == pytest.approx(-0.5), "the only picture of its class"


def test_images_that_are_all_the_same_are_similar_to_nothing():
    labels = np.repeat([0, 1], 3)
    found = class_similarities(
        np.ones((6, 4), np.float32), labels, np.arange(6), np.ones(6, np.bool_)
    )
    assert np.allclose(found, 0)


def test_features_that_tell_no_classes_apart_make_no_flood_of_label_errors():
    """Of noise, a fifth of the images is nearer to another class by the margin alone."""
    draw = np.random.default_rng(2)
    labels = np.repeat(np.arange(10), 7)
    rows = draw.normal(size=(70, 12)).astype(np.float32)
    similarities = class_similarities(rows, labels, np.arange(70), np.ones(70, np.bool_))
    paths, names = [str(n) for n in range(70)], [str(n) for n in range(10)]
    by_margin = LabelErrorParameters(few_fence=0)
    found = [
        len(list(find_among_few(paths, labels, names, similarities, wanted)))
        for wanted in (by_margin, LabelErrorParameters())
    ]
    assert found[0] >= 14
    assert found[1] <= 2


def test_the_limit_is_the_stricter_of_margin_and_fence():
    labels = np.zeros(8, np.intp)
    differences = np.array([-0.4, -0.4, -0.2, -0.2, 0.0, 0.0, 0.3, 0.5])
    similarities = np.stack([np.zeros(8), differences], axis=1)
    paths, names = list("abcdefgh"), ["own", "other"]

    def found(fence):
        wanted = LabelErrorParameters(few_margin=0.25, few_fence=fence)
        return {one.path for one in find_among_few(paths, labels, names, similarities, wanted)}

    assert found(0.5) == {"g", "h"}
    assert found(1) == {"h"}
    assert (
        list(find_among_few([], labels[:0], names, similarities[:0], LabelErrorParameters())) == []
    )


def test_swapped_labels_among_few_images_of_a_class_are_found():
    draw = np.random.default_rng(1)
    classes, each = 30, 7
    means = draw.normal(size=(classes, 64))
    right = np.repeat(np.arange(classes), each)
    rows = (means[right] + 0.8 * draw.normal(size=(len(right), 64)) + 3).astype(np.float32)
    labels, wrong = right.copy(), draw.permutation(len(right))[:15]
    labels[wrong] = (right[wrong] + draw.integers(1, classes, 15)) % classes
    every = np.ones(len(right), np.bool_)
    similarities = class_similarities(rows, labels, np.arange(len(right)), every)
    paths, names = [str(n) for n in range(len(right))], [str(n) for n in range(classes)]
    found = list(find_among_few(paths, labels, names, similarities, LabelErrorParameters()))
    assert {one.path for one in found} == set(map(str, wrong))
    assert all(0 < one.score <= 1 for one in found)
    assert f"of {right[int(found[0].path)]} " in found[0].evidence
