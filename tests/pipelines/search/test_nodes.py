"""A search as the pipeline makes it, and what it says where it cannot."""

import numpy as np
import pyarrow as pa
import pytest

from pixelmill.datasets.neighbour_index import StoredIndex
from pixelmill.errors import InputError
from pixelmill.neighbours.typical import typical_distances
from pixelmill.parameters import SearchParameters
from pixelmill.pipelines.search.answer import groups_of, nearest_pictures, verdict
from pixelmill.pipelines.search.nodes import is_words, search_index
from tests.neighbours.conftest import Made


@pytest.mark.parametrize("query", [None, ""])
def test_without_a_query_it_says_how_to_name_one(tmp_path, query):
    index = StoredIndex(str(tmp_path), "kedro run")
    with pytest.raises(InputError, match=r"query is not set: name an image, .*--params dataset="):
        search_index(query, index, None, SearchParameters())


def test_without_an_index_it_names_the_command(tmp_path):
    index = StoredIndex(str(tmp_path), "kedro run --pipelines neighbours --params dataset=pets")
    message = r"there is no neighbour index in .*: run `kedro run --pipelines neighbours "
    with pytest.raises(InputError, match=message):
        search_index("photo.jpg", index, None, SearchParameters())


KINDS, EACH = 12, 10


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """An index of twelve kinds of ten images; the first image of each has five re-encodings."""
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(KINDS, 40))
    rows = {
        f"{kind}/{number}.jpg": centres[kind] + 0.4 * draw.normal(size=40)
        for kind in range(KINDS)
        for number in range(EACH)
    }
    for kind in range(KINDS):
        for copy in range(5):
            off = 0.02 * draw.normal(size=40) * (copy < 3)  # two have the same features
            rows[f"{kind}/0-copy{copy}.jpg"] = rows[f"{kind}/0.jpg"] + off
    made = Made(tmp_path_factory.mktemp("kinds") / "features")
    made.add("one", {path: row.astype(np.float32) for path, row in rows.items()})
    made.update()
    return made


def near_duplicates(with_all=True):
    """The table; without all, the copies of the same features have no group."""
    listed = range(5 if with_all else 3)
    rows = [
        {"group": kind, "path": f"{kind}/0{name}.jpg"}
        for kind in range(KINDS)
        for name in ("", *(f"-copy{copy}" for copy in listed))
    ]
    return pa.Table.from_pylist(rows)


def asked(made, query, table):
    """The result of a search in the index, by the node."""

    class Stored:
        def open(self):
            return made.index()

    return search_index(query, Stored(), table, SearchParameters(k=9))


@pytest.mark.parametrize("with_all", [True, False])
def test_copies_of_a_picture_are_one_row(kinds, with_all):
    result, table = asked(kinds, "3/4.jpg", near_duplicates(with_all))
    rows = result["neighbours"]
    assert [row["rank"] for row in rows] == list(range(1, 10))
    assert {row["path"].split("-")[0].removesuffix(".jpg") for row in rows} == {
        f"3/{number}" for number in range(EACH) if number != 4
    }
    assert {row["path"]: row["copies"] for row in rows if row["copies"]} == {
        next(row["path"] for row in rows if row["path"].startswith("3/0")): 5
    }
    assert table.to_dict("records") == rows


@pytest.mark.parametrize("with_all", [True, False])
def test_copies_of_the_query_are_counted_and_left_out(kinds, with_all):
    result, _ = asked(kinds, "3/0.jpg", near_duplicates(with_all))
    assert result["query"]["copies"] == 5
    assert not any(row["path"].startswith("3/0") for row in result["neighbours"])


@pytest.mark.parametrize("table", [None, near_duplicates()])
@pytest.mark.parametrize("query", ["3/0.jpg", "3/4.jpg"])
def test_the_number_of_copies_depends_on_no_number_of_rows(kinds, table, query):
    index, groups = kinds.index(), groups_of(table)
    every, own = nearest_pictures(index, query, 1000, groups, own=query)
    for k in range(1, 40):
        found, copies = nearest_pictures(index, query, k, groups, own=query)
        assert [(one.path, set(one.copies)) for one in found] == [
            (one.path, set(one.copies)) for one in every[:k]
        ]
        assert set(copies) == set(own)


def test_without_near_duplicates_equal_features_are_one_row(kinds):
    found, _ = nearest_pictures(kinds.index(), "3/4.jpg", 20, {}, own="3/4.jpg")
    folded = [{one.path, *one.copies} for one in found]
    assert {"3/0.jpg", "3/0-copy3.jpg", "3/0-copy4.jpg"} in folded


def test_images_of_the_set_s_kinds_are_similar_and_others_are_not(kinds):
    groups = groups_of(near_duplicates())
    index = kinds.index()
    typical = typical_distances(index, groups)
    assert 0.05 < typical.nearest < typical.chance
    draw = np.random.default_rng(5)
    own = index.nearest("3/4.jpg", 1)[0].distance
    strange = min(
        index.nearest(draw.normal(size=40).astype(np.float32), 1)[0].distance for _ in range(20)
    )
    assert own < typical.similar_within < strange
    result, _ = asked(kinds, "3/4.jpg", near_duplicates())
    assert (result["verdict"], result["similar_within"]) == (None, typical.similar_within)


def test_a_search_that_finds_nothing_similar_says_so(kinds):
    index = kinds.index()
    typical = typical_distances(index, {})
    strange = np.random.default_rng(5).normal(size=40).astype(np.float32)
    found, _ = nearest_pictures(index, strange, 5, {})
    message = verdict("photo.jpg", found, typical)
    assert message.startswith(
        "nothing in the data set is similar to photo.jpg: the nearest image is "
    )
    assert verdict("photo.jpg", found, None) is None
    assert verdict("photo.jpg", [], typical) is None


def test_of_a_few_images_nothing_is_learnt(tmp_path):
    made = Made(tmp_path)
    made.add("one", {f"{n}.jpg": np.eye(8, dtype=np.float32)[n] + 0.1 for n in range(8)})
    made.update()
    assert typical_distances(made.index(), {}) is None


@pytest.mark.parametrize("query", ["a brown dog", "dog", "un café, s'il vous plaît", "2 cats"])
def test_a_query_of_words_has_a_sentence_of_its_own(kinds, query):
    with pytest.raises(InputError, match=r"looks like words: there is no search by text yet"):
        asked(kinds, query, None)


@pytest.mark.parametrize("query", ["photo.jpg", "photos/dog", "IMG_0001", "s3://bucket/dog"])
def test_a_query_that_may_be_a_file_is_no_text(query):
    assert not is_words(query)


def test_a_text_longer_than_a_file_name_is_a_text(kinds):
    assert not is_words("dog/" * 2000)
    with pytest.raises(InputError, match="looks like words: there is no search by text yet"):
        asked(kinds, "a brown dog " * 400, None)


def test_a_file_whose_name_is_a_word_is_a_file(tmp_path, monkeypatch):
    (tmp_path / "dog").touch()
    monkeypatch.chdir(tmp_path)
    assert is_words("cat")
    assert not is_words("dog")
