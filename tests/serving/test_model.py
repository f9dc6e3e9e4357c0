"""A model as the service loads it."""

import numpy as np
import pytest

from pixelmill.classifier.folder import read_folder, write_files, write_manifest
from pixelmill.errors import ImageError, InputError
from pixelmill.images.limits import Limits
from pixelmill.serving.model import ServedModel
from pixelmill.serving.place import Place

LIMITS = Limits(max_pixels=1_000_000)


@pytest.fixture
def rewritten(pets, tmp_path):
    """Writes another network into an export, under a manifest that fits it."""

    def rewrite(change):
        folder = pets.export(tmp_path / "export")
        manifest = read_folder(str(folder)).manifest
        (name,) = (name for name in manifest.files if name.startswith("networks/"))
        content = change((folder / name).read_bytes())
        listed = write_files(str(folder), "", {name: content})
        write_manifest(str(folder), manifest.model_copy(update={"files": manifest.files | listed}))
        return str(folder)

    return rewrite


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"\xff" * 100,
        lambda network: network[: len(network) // 2],
        lambda network: network.replace(b"1280", b"9280"),
        lambda network: network.replace(b'"Const"', b'"Magic"', 1),
    ],
)
def test_a_network_that_a_stranger_changed_is_refused_in_a_sentence(rewritten, change):
    folder = rewritten(change)
    with pytest.raises(InputError, match="does not run here"):
        ServedModel.load(Place(folder), LIMITS, 1)


def test_a_changed_network_is_refused_by_its_digest(pets, tmp_path):
    folder = pets.export(tmp_path / "export")
    (network,) = (folder / "networks").iterdir()
    content = network.read_bytes()
    network.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(InputError, match="was changed: "):
        ServedModel.load(Place(str(folder)), LIMITS, 1)


@pytest.mark.parametrize("name", ["fingerprint", "input_size", "engine", "precision"])
def test_a_featurizer_that_lacks_a_value_is_refused_in_a_sentence(pets, tmp_path, name):
    folder = str(pets.export(tmp_path / "export"))
    manifest = read_folder(folder).manifest
    del manifest.featurizer["parts"][0][name]
    write_manifest(folder, manifest)
    with pytest.raises(InputError, match="does not run here"):
        ServedModel.load(Place(folder), LIMITS, 1)


def test_an_index_of_other_features_is_refused(pets, rewritten, tmp_path):
    index = str(pets.storage / "04_feature" / "pets")
    model = ServedModel.load(Place(str(pets.model), index), LIMITS, 1)
    assert model.about()["index"]["images"] == len(pets.paths)
    other = pets.export(tmp_path / "other")
    manifest = read_folder(str(other)).manifest
    (part,) = manifest.featurizer["parts"]
    renamed = {"fingerprint": "f" * 16, "parts": [part | {"fingerprint": "f" * 16}]}
    networks = {f"networks/{'f' * 16}": next((other / "networks").iterdir()).read_bytes()}
    files = manifest.files | write_files(str(other), "", networks)
    write_manifest(str(other), manifest.model_copy(update={"featurizer": renamed, "files": files}))
    with pytest.raises(InputError, match="holds features of another featurizer"):
        ServedModel.load(Place(str(other), index), LIMITS, 1)


def test_a_digest_pins_the_model(pets):
    digest = ServedModel.load(Place(str(pets.model)), LIMITS, 1).about()["sha256"]
    ServedModel.load(Place(str(pets.model), sha256=digest), LIMITS, 1)
    with pytest.raises(InputError, match="is another than the one that was asked for"):
        ServedModel.load(Place(str(pets.model), sha256="0" * 64), LIMITS, 1)


def test_batches_are_bit_for_bit_the_same_as_single_images(pets):
    model = ServedModel.load(Place(str(pets.model)), LIMITS, 1)
    decode = model.decoder()
    decoded = [decode(pets.photo(number)) for number in range(8)]
    together = model.featurize(decoded)
    for row, image in zip(together, decoded, strict=True):
        np.testing.assert_array_equal(row, model.featurize([image])[0])
    with pytest.raises(ImageError, match="too many pixels"):
        ServedModel.load(Place(str(pets.model)), Limits(max_pixels=1000), 1).decoder()(
            pets.photo(0)
        )
