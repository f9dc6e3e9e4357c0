"""Groups are called by what most of their labels say, and no two alike."""

from hypothesis import given
from hypothesis import strategies as st

from pixelmill.pipelines.mapping.measures import majority, unique_names


def test_the_majority_is_half_of_the_labelled_images_at_least():
    assert majority(["cat", "dog", "cat", "ape"]) == "cat"
    assert majority(["cat", "dog", "ape"]) is None
    assert majority(["cat", None, None, None]) == "cat"
    assert majority(["dog", "cat"]) == "cat"  # of two halves the first by name
    assert majority([None, None]) is None
    assert majority([]) is None


def test_groups_of_one_label_are_numbered():
    labels = ["Siamese", None, "Siamese", "Birman", "Siamese"]
    assert unique_names(labels) == [
        "Siamese",
        "group 2",
        "Siamese (2)",
        "Birman",
        "Siamese (3)",
    ]


def test_many_groups_of_one_label_are_numbered_in_linear_time():
    names = unique_names(["cat"] * 20_000)
    assert [names[0], names[1], names[-1]] == ["cat", "cat (2)", "cat (20000)"]


def test_a_label_may_itself_look_like_a_name():
    assert unique_names(["a (2)", "a", "a", "group 6", None, None]) == [
        "a (2)",
        "a",
        "a (3)",
        "group 6",
        "group 5",
        "group 6 (2)",
    ]


@given(st.lists(st.sampled_from([None, "a", "a (2)", "group 1", "group 2", "group 2 (2)"])))
def test_no_two_groups_have_a_name(labels):
    names = unique_names(labels)
    assert len(set(names)) == len(labels)
    assert all(name.startswith(label) for name, label in zip(names, labels, strict=True) if label)
