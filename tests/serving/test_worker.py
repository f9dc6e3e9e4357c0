"""The process of the model, without its process."""

import io
import json
import time

import pytest

from pixelmill.parameters import ServingParameters
from pixelmill.serving.frames import ANSWER_HEADER, Question, Status, Task, parse_answer
from pixelmill.serving.model import ServedModel
from pixelmill.serving.place import Place
from pixelmill.serving.worker import Worker


@pytest.fixture(scope="module")
def model(pets):
    place = Place(str(pets.model), str(pets.storage / "04_feature" / "pets"))
    return ServedModel.load(place, ServingParameters().limits, 1)


@pytest.mark.parametrize(("max_seconds", "are_there"), [(60, True), (1e-6, False)])
def test_thumbnails_take_no_more_than_half_of_the_time(model, pets, max_seconds, are_there):
    sent = []
    worker = Worker(model, ServingParameters(max_seconds=max_seconds, threads=1), sent.append)
    question = Question(1, Task.SIMILAR_WITH_THUMBNAILS, 5, pets.photo(0))
    worker.run(io.BytesIO(question.header() + question.content))
    deadline = time.monotonic() + 30
    while not sent and time.monotonic() < deadline:
        time.sleep(0.01)
    answer = parse_answer(sent[0][:ANSWER_HEADER], sent[0][ANSWER_HEADER:])
    assert answer.status is Status.DONE
    neighbours = json.loads(answer.content)
    assert len(neighbours) == 5
    assert all((one["thumbnail"] is not None) is are_there for one in neighbours)
