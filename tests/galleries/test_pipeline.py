"""A gallery as `images`: its list is made first, and is then a list of URLs like any other."""

import pytest

from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.pipelines.collection.nodes import list_urls

COLLECTOR = """
start: [{url: pages/3, label: red}, {url: blue/, label: blue}]
item: .work
next: "[rel=next]"
more: .load-more
at_most: 4
politeness: {delay: 0}
limits: {wait: 0.5}
"""


@pytest.fixture
def listed(site, tmp_path, chromium_path):
    """What the pipeline knows of a gallery."""
    place = tmp_path / "art.yml"
    place.write_text(COLLECTOR, encoding="utf-8")

    def list_gallery(**ingestion):
        collection = CollectionParameters(
            gallery=str(place), gallery_folder=str(tmp_path / "gallery"), private_addresses=True
        )
        return list_urls(f"{site.url}/", collection, IngestionParameters(**ingestion))

    return list_gallery


def test_a_gallery_is_a_list_of_urls_with_labels(listed, site, caplog):
    found = listed(label="column", column="label")
    rows = [row for batch in found.batches for row in batch.to_pylist()]
    labels = {"red": set(), "blue": set()}
    for row in rows:
        labels[row["label"]].add(row["url"])
    assert labels["blue"] == site.photos("blue")
    assert len(labels["red"]) == 4
    facts = found.facts()
    assert (facts["images"], facts["is_list"], facts["rows"]) == (f"{site.url}/", True, 8)
    assert "label" in facts["columns"]
    assert "the labels of the gallery are taken with" not in caplog.text
    asked = site.asked.copy()
    listed()  # it is finished: no browser is started
    assert site.asked == asked
    assert "the labels of the gallery are taken with" in caplog.text
