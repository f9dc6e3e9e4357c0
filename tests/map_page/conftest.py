"""Maps to look at, and a browser with software graphics."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelmill.datasets.map_page import MapPageFile
from pixelmill.map_page import MapPoints, write_page

COLOURS = {"red": (200, 30, 30), "green": (30, 180, 60), "blue": (40, 60, 210)}


def thumbnail(colour, size=(64, 48)):
    """A JPEG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", quality=90)
    return out.getvalue()


def summary(groups=None, **others):
    """`map_summary`, with the groups (cluster, name, size, medoid)."""
    described = groups and {
        "method": "dbscan",
        "space": "projection",
        "parameters": {"min_samples": 5},
        "seconds": 0.1,
        "eps": 0.75,
        "k_distances": [0.1, 0.2, 0.3, 0.75, 3.0],
        "knee": 3,
        "silhouette": 0.5,
        "noise": 1,
        "ari": 0.25,
        "nmi": None,
        "groups": [
            {
                "cluster": cluster,
                "name": name,
                "size": size,
                "medoid": medoid,
                "typical": [medoid],
                "unusual": [],
                "label": name,
                "purity": 0.75,
            }
            for cluster, name, size, medoid in groups
        ],
    }
    return {
        "images": 3,
        "failed": 2,
        "fitted": 3,
        "notes": [],
        "projection": {
            "method": "tsne",
            "parameters": {"perplexity": 30},
            "seed": 0,
            "seconds": 1.5,
        },
        "grouping": described,
        "neighbours": {"k": 10, "map": 0.61, "features": None, "trustworthiness": 0.93},
    } | others


def clouds(members=40, **changes):
    """Three clouds of one colour each, far from one another, and one image of noise between."""
    random = np.random.default_rng(0)
    names = [name for name in COLOURS for _ in range(members)]
    middles = np.repeat([[-10.0, 0.0], [10.0, 0.0], [0.0, 15.0]], members, axis=0)
    paths = [f"{name}/{place % members:03d}.jpg" for place, name in enumerate(names)]
    points = {
        "paths": [*paths, "strays/lost.jpg"],
        "labels": [*names, None],
        "coordinates": np.vstack([middles + random.uniform(-2, 2, middles.shape), [[0.0, 5.0]]]),
        "clusters": np.array([*np.repeat([0, 1, 2], members), -1], np.int32),
        "thumbnails": {place: thumbnail(COLOURS[name]) for place, name in enumerate(names)},
    }
    return MapPoints(**points | changes)


def cloud_summary(members=40):
    """The summary of `clouds`, whose third group has no name of its own."""
    named = zip(("red", "green", "group 3"), COLOURS, strict=True)
    groups = [(at, name, members, f"{colour}/000.jpg") for at, (name, colour) in enumerate(named)]
    return summary(groups, images=3 * members + 1)


@pytest.fixture
def save(tmp_path):
    """Writes a map to disk, as the pipeline does."""

    def write(points, summary, name="map"):
        file = tmp_path / f"{name}.html"
        MapPageFile(filepath=str(file)).save(write_page(points, summary))
        return file

    return write


@pytest.fixture(scope="session")
def cloud_file(tmp_path_factory):
    """The page of `clouds`."""
    file = tmp_path_factory.mktemp("clouds") / "map.html"
    MapPageFile(filepath=str(file)).save(write_page(clouds(), cloud_summary()))
    return file


@pytest.fixture
def open_page(chromium):
    """Opens a map from disk, waits until it is drawn, and collects whatever it says or asks for."""
    contexts = []

    def open_page(path, width=1200, script="", **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.add_init_script(script)
        page = context.new_page()
        page.noise = []
        page.on("console", lambda message: _note(page, message.text))
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.on("dialog", lambda dialog: page.noise.append(dialog.message) or dialog.dismiss())
        page.on("request", lambda request: _note_request(page, request.url))
        page.goto(Path(path).as_uri())
        until(page, "!document.getElementById('message').textContent.startsWith('Load')")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def cloud_page(cloud_file, open_page):
    """The three clouds, opened."""
    return open_page(cloud_file)


def until(page, condition, seconds=15):
    """Waits for something to become true; the page's own policy forbids playwright's way.

    Args:
        page: To wait on.
        condition: A script's expression, or a function of the page.
        seconds: At most.
    """
    holds = condition if callable(condition) else lambda page: page.evaluate(condition)
    end = time.monotonic() + seconds
    while not holds(page):
        assert time.monotonic() < end, f"this never came true: {condition}"
        page.wait_for_timeout(30)


def _note(page, text):
    if "GL Driver Message" not in text:  # software graphics say how slow they are
        page.noise.append(text)


def _note_request(page, url):
    if not url.startswith(("data:", "blob:", "file:")):
        page.noise.append(url)
