"""Images are compared with the other pictures of each class alone."""

import numpy as np
import pytest

from pixelmill.exploration import class_similarity
from pixelmill.exploration.class_similarity import class_similarities


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


@pytest.mark.parametrize("scale", [1e-30, 1e-9, 1e9, 1e30])
def test_the_scale_of_the_features_changes_nothing(scale):
    rows = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    labels, pictures = np.arange(30) % 3, np.arange(30)
    plain = class_similarities(rows, labels, pictures)
    scaled = class_similarities(rows * np.float32(scale), labels, pictures)
    assert scaled == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize("chunk", [5, 512])
def test_similarities_leave_the_image_and_its_copies_out(chunk, monkeypatch):
    monkeypatch.setattr(class_similarity, "CHUNK", chunk)
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(12, 5)).astype(np.float32)
    rows[3] = rows[0]  # a copy of another label, and one of the same label
    rows[6] = rows[0]
    labels = np.array([0, 0, 0, 1, 1, 1, 0, 1, 2, 2, 2, 3])
    pictures = np.array([0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 10, 11])
    found = class_similarities(rows, labels, pictures)
    assert found.shape == (12, 4)
    for image, row in enumerate(found):
        assert row == pytest.approx(by_definition(rows, labels, pictures, image), abs=1e-5)
    assert found[11, 3] == pytest.approx(-0.5), "the only picture of its class"


def test_images_that_are_all_the_same_are_similar_to_nothing():
    labels = np.repeat([0, 1], 3)
    found = class_similarities(np.ones((6, 4), np.float32), labels, np.arange(6))
    assert np.allclose(found, 0)
