"""The process of the model, without its process."""

import io
import json
import time
from dataclasses import replace

import numpy as np
import pytest

from pixelmill.featurizers.network import OpenNetwork
from pixelmill.parameters import ServingParameters
from pixelmill.serving.frames import ANSWER_HEADER, Question, Status, Task, parse_answer
from pixelmill.serving.model import ServedModel
from pixelmill.serving.place import Place
from pixelmill.serving.worker import Worker


@pytest.fixture(scope="module")
def model(pets):
    place = Place(str(pets.model), str(pets.storage / "04_feature" / "pets"))
    return ServedModel.load(place, ServingParameters().limits, 1)


def answers_to(questions, model, parameters):
    """Have questions answered, and return the answers by their tickets."""
    sent = []
    worker = Worker(model, parameters, sent.append)
    worker.run(io.BytesIO(b"".join(one.header() + one.content for one in questions)))
    deadline = time.monotonic() + 30
    while len(sent) < len(questions) and time.monotonic() < deadline:
        time.sleep(0.01)
    answers = (parse_answer(one[:ANSWER_HEADER], one[ANSWER_HEADER:]) for one in sent)
    return sorted(answers, key=lambda answer: answer.ticket)


@pytest.mark.parametrize(("max_seconds", "are_there"), [(60, True), (1e-6, False)])
def test_thumbnails_take_no_more_than_half_of_the_time(model, pets, max_seconds, are_there):
    question = Question(1, Task.SIMILAR_WITH_THUMBNAILS, 5, pets.photo(0))
    (answer,) = answers_to([question], model, ServingParameters(max_seconds=max_seconds, threads=1))
    assert answer.status is Status.DONE
    neighbours = json.loads(answer.content)
    assert len(neighbours) == 5
    assert all((one["thumbnail"] is not None) is are_there for one in neighbours)


@pytest.mark.parametrize("task", list(Task))
def test_features_that_are_not_finite_are_a_reason(model, pets, task):
    """As in a run: JSON has no such numbers, and a label of them means nothing."""
    (network,) = model.parts
    first = model.decoder()(pets.photo(0))[0]

    def infer(pixels):
        is_first = (pixels == first).all(axis=(1, 2, 3))
        return np.where(is_first[:, None], np.float32(np.inf), network.infer(pixels))

    overflowing = replace(model, parts=[OpenNetwork(infer, network.decoder)])
    questions = [Question(number + 1, task, 2, pets.photo(number)) for number in range(2)]
    parameters = ServingParameters(threads=1, batch_wait=1000)
    lost, whole = answers_to(questions, overflowing, parameters)
    assert (lost.status, whole.status) == (Status.BROKEN, Status.DONE)
    assert lost.content.startswith(b"features are not finite numbers")
