"""The client: what the routes say, as Python's own values."""

import numpy as np
import pytest

from pixelmill import Client
from pixelmill.errors import InputError


@pytest.fixture
def client(service):
    return Client(service.url)


def test_many_images_go_in_several_requests(client, pets):
    places = [pets.root / path for path in pets.paths]
    found = client.classify(places, k=2)
    assert [one.name for one in found] == [place.name for place in places]
    right = [
        one.predictions[0].label == label for one, label in zip(found, pets.labels, strict=True)
    ]
    assert sum(right) >= 25
    assert all(len(one.predictions) == 2 for one in found)
    np.testing.assert_allclose(client.features(iter(places)), pets.features, atol=1e-5)


def test_contents_and_broken_images(client, pets):
    (one,) = client.classify(pets.photo(0))
    assert (one.name, one.error, one.predictions[0].label) == ("0", None, "Abyssinian")
    broken, whole = client.classify([b"", pets.photo(0)])
    assert (broken.predictions, broken.error) == ([], "empty file")
    assert whole.predictions == one.predictions
    assert np.isnan(client.features(b"")).all()
    assert client.similar(b"") == [[]]


def test_similar_images_and_the_model(client, pets):
    ((nearest, *others),) = client.similar(pets.photo(5), k=4)
    assert (nearest.path, nearest.label) == (pets.paths[5], pets.labels[5])
    assert len(others) == 3
    assert client.model()["figures"] == {"accuracy": 0.9}


def test_what_goes_wrong_is_one_sentence(client, tmp_path):
    with pytest.raises(InputError, match=r"/classify refuses \(422\): k: "):
        client.classify(b"", k=0)
    with pytest.raises(InputError, match=r"nothing.jpg cannot be read: No such file"):
        client.classify(tmp_path / "nothing.jpg")
    with pytest.raises(InputError, match=r"127.0.0.1:9 does not answer \(ConnectionError\)"):
        Client("http://127.0.0.1:9").model()
