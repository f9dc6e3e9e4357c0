"""Whether a list has nothing new is found without Spark, by the same rules as with it."""

import pyarrow as pa

from pixelmill.collection.index import index_of
from pixelmill.collection.results import batch_of
from pixelmill.collection.stored import are_settled
from pixelmill.collection.tasks import find_missing
from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.pipelines.collection.nodes import download_images, list_urls
from tests.collection.conftest import OWN_SERVER

GIVEN = IngestionParameters(label="column", column="label")


def test_missing_downloads_are_found_without_spark_as_with_it(place, spark):
    came = place.download("photo/1.jpg", "missing/2.jpg").rows
    downloads = pa.Table.from_batches([batch_of(came)])
    in_spark = spark.createDataFrame(downloads)
    folder = place.folder / "downloads"

    def is_settled(more=(), **changed):
        parameters = place.parameters(**changed)
        urls = [row.url_id for row in came] + list(more)
        found = are_settled(urls, downloads, parameters)
        columns = {"url_id": urls, "url": urls, "host": urls, "position": range(len(urls))}
        unique = spark.createDataFrame(pa.table({name: list(of) for name, of in columns.items()}))
        assert find_missing(unique, in_spark, parameters).isEmpty() == found
        return found

    assert is_settled()
    assert not is_settled(max_bytes=1000), "the failure might be none now"
    assert not is_settled(more=["0" * 32]), "a new URL"
    (folder / came[0].path).unlink()
    assert not is_settled()


def test_a_changed_file_and_a_refresh_do_not_settle(place):
    came = place.download("photo/1.jpg", "missing/2.jpg").rows
    downloads = pa.Table.from_batches([batch_of(came)])
    urls, parameters = [row.url_id for row in came], place.parameters()
    assert are_settled(urls, downloads, parameters)
    assert not are_settled(urls, downloads, place.parameters(refresh=True))
    for row in came:
        file = place.folder / "downloads" / row.path
        content = file.read_bytes()
        file.write_bytes(content[:-1])
        assert not are_settled(urls, downloads, parameters)
        file.write_bytes(content)


def test_the_last_row_counts_and_passing_failures_do_not_settle(place):
    first = place.download("shaky/1", retries=0).rows
    again = place.download("shaky/1").rows
    folder = place.parameters()
    for rows, settled in ((first, False), (again + first, True)):
        downloads = pa.Table.from_batches([batch_of(rows)])
        assert are_settled([rows[0].url_id], downloads, folder) == settled


def test_nothing_new_asks_neither_spark_nor_a_server(storage, server):
    images = storage.write(
        "url,label",
        *("BASE/photo/1.jpg,", "BASE/photo/1.jpg?x=a,e\u0301", "BASE/photo/1.jpg?x=b,b"),
        *("BASE/photo/2.jpg,\u00e9", "BASE/missing/3.jpg,a", "BASE/photo/1.jpg?x=c,b"),
    )
    storage.collect(images, GIVEN)
    asked = server.asked.total()
    parameters = CollectionParameters(folder=f"{storage.folder}/downloads", **OWN_SERVER)
    storage.url_list.save(list_urls(images, parameters, GIVEN))
    stored, table = storage.downloads.load(), storage.table.load()
    assert list(download_images(storage.url_list.load(), stored, parameters, GIVEN)) == []
    assert server.asked.total() == asked
    few = [index_of(table, storage.facts, *one) for one in ((None, "label"), (first_letter, None))]
    assert not any("_jdf" in vars(lazy) for lazy in (stored, table)), "Spark opened a table"
    check_indexes(few, table.select("*"), storage.facts)


def first_letter(path):
    return path[0]


def check_indexes(few, computed, facts):
    """Compares indexes that were made without Spark with those that Spark makes."""
    for index, one in zip(few, ((None, "label"), (first_letter, None)), strict=True):
        of_spark = index_of(computed, facts, *one)
        rows = of_spark.table.orderBy("path").toArrow().to_pylist()
        assert index.table.to_pylist() == rows
        assert index.skipped["same image under another URL"] == 3
        for name in ("count", "labels", "unlabelled", "skipped"):
            assert getattr(index, name) == getattr(of_spark, name), name
        labels = [
            {path: (found[0], set(found)) for path, found in several.items()}
            for several in (index.contradictions, of_spark.contradictions)
        ]
        assert labels[0] == labels[1]
