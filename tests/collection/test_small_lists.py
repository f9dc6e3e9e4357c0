"""Few URLs are worked on without Spark, by the same rules as with it."""

import random
from collections import Counter

import pyarrow as pa

from pixelmill.collection.files import url_id
from pixelmill.collection.index import index_of
from pixelmill.collection.large_lists import find_missing, joined, quoted, unique_urls
from pixelmill.collection.results import batch_of
from pixelmill.collection.small_lists import (
    divide_by_host,
    divide_into_chunks,
    joined_rows,
    missing_rows,
    unique_rows,
)
from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.pipelines.collection.nodes import download_images, list_urls
from tests.collection.conftest import OWN_SERVER

GIVEN = IngestionParameters(label="column", column="label")


def rows_of(table):
    """The rows, in the order of the list."""
    rows = table if isinstance(table, pa.Table) else table.toArrow()
    return sorted(rows.to_pylist(), key=lambda row: row["position"])


def urls_of(names):
    """A list of URLs, each once."""
    own = {name: list(names) for name in ("url_id", "url", "host")}
    return pa.table(own | {"position": range(len(own["url"]))})


def test_chunks_have_some_urls_of_each_host_in_the_order_of_the_list():
    hosts = ["a", "b", "c"] * 100
    listed = urls_of(hosts)
    listed = listed.set_column(0, "url_id", pa.array(map(url_id, map(str, range(300)))))
    chunks = divide_into_chunks(listed, 3)
    assert [len(chunk) for chunk in chunks] == [100] * 3
    positions = [chunk["position"].to_pylist() for chunk in chunks]
    assert sorted(one for order in positions for one in order) == list(range(300))
    assert all(order == sorted(order) for order in positions)
    for chunk in chunks:
        counts = Counter(chunk["host"].to_pylist())
        assert set(counts) == {"a", "b", "c"}
        assert min(counts.values()) > 10


def test_each_url_is_taken_once_with_its_first_values_as_in_spark(spark):
    draw = random.Random(0)
    names = ["a`b", "x, y", "position_first"]
    rows = [
        {"position": place, "url_id": (name := draw.choice("abcdefgh")), "host": name,
         "url": f"{name}?{place}", **{column: draw.choice([None, "1", "2"]) for column in names}}
        for place in draw.sample(range(100), 30)
    ]  # fmt: skip
    listed = pa.Table.from_pylist(rows)
    few, many = unique_rows(listed, names), unique_urls(spark.createDataFrame(listed), names)
    assert rows_of(few) == rows_of(many.select(*map(quoted, few.column_names)))
    assert len(few) == 8


def test_missing_downloads_are_found_and_joined_as_in_spark(place, spark):
    early = place.download("shaky/1", retries=0).rows
    came = place.download("photo/7.jpg", "missing/2.jpg", "shaky/1").rows
    downloads = pa.Table.from_batches([batch_of(came + early)])
    in_spark = spark.createDataFrame(downloads)
    urls = [row.url_id for row in came]

    def missing(more=(), **changed):
        parameters = place.parameters(**changed)
        unique = urls_of(urls + list(more))
        found = rows_of(missing_rows(unique, downloads, parameters))
        lazy = find_missing(spark.createDataFrame(unique), in_spark, parameters)
        assert rows_of(lazy.select(*found[0]) if found else lazy) == found
        return {row["url_id"]: row["kept_path"] for row in found}

    photo, refused, shaky = came
    assert missing() == {}
    assert missing(max_bytes=1000) == {refused.url_id: None}, "it might come now"
    assert missing(more=["0" * 32]) == {"0" * 32: None}, "a new URL"
    assert missing(refresh=True) == {row.url_id: row.path for row in (photo, shaky)}
    file = place.folder / "downloads" / photo.path
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    assert missing() == {photo.url_id: None}
    file.unlink()
    assert missing() == {photo.url_id: None}

    own, folder = urls_of([*urls, "another"]), place.parameters().folder
    few = joined_rows(own, downloads, folder, ["host"])
    many = joined(spark.createDataFrame(own), in_spark, folder, ["host"])
    assert few.column_names == many.columns
    assert rows_of(few) == rows_of(many)
    assert [row["status"] for row in rows_of(few)] == ["ok", "failed", "ok"]


def test_the_last_row_counts_and_passing_failures_are_asked_for_again(place):
    first = place.download("shaky/1", retries=0).rows
    again = place.download("shaky/1").rows
    unique = urls_of([first[0].url_id])
    for rows, asked in ((first, 1), (again + first, 0)):
        downloads = pa.Table.from_batches([batch_of(rows)])
        assert len(missing_rows(unique, downloads, place.parameters())) == asked


def test_tasks_have_whole_hosts_much_the_same_number_of_urls_and_hosts_in_turn():
    hosts = [host for host, size in zip("abcdefg", (9, 1, 5, 4, 1, 3, 2), strict=True)
             for _ in range(size)]  # fmt: skip
    parts = [part["host"].to_pylist() for part in divide_by_host(urls_of(hosts), 3)]
    assert sorted(map(len, parts)) == [8, 8, 9]
    assert sorted(host for part in parts for host in set(part)) == list("abcdefg")
    for part in parts:
        assert len(set(part[: len(set(part))])) == len(set(part)), "each host, then the second URLs"
    positions = [row for part in divide_by_host(urls_of(hosts), 99) for row in part["position"]]
    assert sorted(one.as_py() for one in positions) == list(range(len(hosts)))


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
