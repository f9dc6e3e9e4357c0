"""What is kept of a start page: parts that survive a kill and damage, on disk and on S3."""

import pytest

from pixelmill.galleries.record import Found, WalkState, open_walk, write_list
from pixelmill.parameters.galleries import Collector, StartPage
from pixelmill.storage import open_storage

START = StartPage(url="https://example.org/1", label="red")
COLLECTOR = Collector(item=".work", start=[START])


def images(*numbers):
    place = "https://example.org"
    return [Found(f"{place}/{number}.jpg", None, f"{place}/1", number) for number in numbers]


@pytest.fixture(params=["disk", "s3"])
def storage(request, tmp_path):
    if request.param == "s3":
        request.getfixturevalue("s3")
    return open_storage("s3://photos/gallery" if request.param == "s3" else str(tmp_path))


def test_a_record_goes_on_where_it_was(storage):
    record = open_walk(storage, START, COLLECTOR)
    record.add(images(0, 1), ["https://example.org/a"], WalkState(START.url, new=2))
    record.add(images(2), [], WalkState("https://example.org/2", pages=1, new=3))
    again = open_walk(storage, START, COLLECTOR)
    assert list(again.images.values()) == images(0, 1, 2)
    assert again.links == {"https://example.org/a"}
    assert again.trail == {START.url, "https://example.org/2"}
    assert (again.state.page, again.state.pages) == ("https://example.org/2", 1)
    assert again.state.moved  # the order may be another one by now
    again.add([], [], WalkState("https://example.org/2", done=True))
    assert open_walk(storage, START, COLLECTOR).state.done
    assert write_list(storage, [*images(0, 1), *images(1)]) == 2


def test_other_selectors_are_another_gallery(storage):
    open_walk(storage, START, COLLECTOR).add(images(0), [], WalkState(START.url, done=True))
    other = COLLECTOR.model_copy(update={"image": "a"})
    assert open_walk(storage, START, other).images == {}
    renamed = START.model_copy(update={"label": "crimson"})
    assert open_walk(storage, renamed, COLLECTOR).state.done


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"images": [], "digest": "1"}'])
def test_damage_costs_one_part_and_a_pass(storage, damage, caplog):
    record = open_walk(storage, START, COLLECTOR)
    for number in range(3):
        record.add(images(number), [], WalkState(START.url, done=number == 2))
    storage.write_bytes(f"{record.folder}/00000001.json", damage)
    again = open_walk(storage, START, COLLECTOR)
    assert list(again.images.values()) == images(0, 2)
    assert "is damaged" in caplog.text
    again.add(images(1), [], WalkState(START.url))
    assert len(open_walk(storage, START, COLLECTOR).images) == 3
