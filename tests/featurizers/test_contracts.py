"""Fingerprints change with the numbers, and with nothing else."""

from pixelmill.featurizers import fingerprint


def test_a_fingerprint_is_independent_of_the_order_of_keys():
    name = fingerprint({"network": "resnet50", "input_size": [224, 224], "layer": None})
    assert name == fingerprint({"layer": None, "input_size": [224, 224], "network": "resnet50"})
    assert len(name) == 16
    assert set(name) <= set("0123456789abcdef")


def test_a_fingerprint_is_the_same_in_every_release():
    assert fingerprint({"network": "resnet50"}) == "e9bbcc6e28e73378"
