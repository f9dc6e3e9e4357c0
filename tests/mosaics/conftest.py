"""Scenes to draw: real pets by breed, and plain colours."""

import numpy as np
import pytest
import simplejpeg

from pixelmill.mosaics import Scene
from pixelmill.thumbnails import jpeg_thumbnail


def plain(colour, width=40, height=30):
    """A thumbnail of one colour."""
    pixels = np.full((height, width, 3), colour, np.uint8)
    return simplejpeg.encode_jpeg(pixels, quality=95, colorsubsampling="444")


def islands(count, groups, seed=0):
    """Places and clusters of a map whose groups lie apart."""
    chance = np.random.default_rng(seed)
    clusters = chance.integers(0, groups, count).astype(np.int32)
    middles = chance.uniform(-40, 40, (groups, 2))
    return middles[clusters] + chance.normal(size=(count, 2)) * 3, clusters


@pytest.fixture
def make_scene():
    """Makes a scene of thumbnails of one colour each."""

    def make(coordinates, clusters=None, names=None, thumbnails=None, problems=None):
        count = len(coordinates)
        colours = np.random.default_rng(7).integers(0, 200, (count, 3))
        return Scene(
            paths=[f"{number:05}.jpg" for number in range(count)],
            coordinates=np.asarray(coordinates, np.float64).reshape(-1, 2),
            clusters=np.asarray([0] * count if clusters is None else clusters, np.int32),
            names=names or {},
            thumbnails=[plain(colour) for colour in colours] if thumbnails is None else thumbnails,
            problems=problems or [None] * count,
        )

    return make


@pytest.fixture(scope="session")
def pets(assets):
    """Real photos at made-up places, each breed an island; one has no thumbnail."""
    files = sorted((assets / "pets").glob("*/*.jpg"))
    breeds = sorted({file.parent.name for file in files})
    clusters = np.array([breeds.index(file.parent.name) for file in files], np.int32)
    chance = np.random.default_rng(3)
    middles = chance.uniform(-30, 30, (len(breeds), 2))
    thumbnails = [jpeg_thumbnail(file.read_bytes(), 96).data for file in files]
    thumbnails[17] = None
    problems = [None] * len(files)
    problems[17] = "unreadable, no such file"
    return Scene(
        paths=[f"{file.parent.name}/{file.name}" for file in files],
        coordinates=middles[clusters] + chance.normal(size=(len(files), 2)) * 2,
        clusters=clusters,
        names=dict(enumerate(breeds)),
        thumbnails=thumbnails,
        problems=problems,
    )
