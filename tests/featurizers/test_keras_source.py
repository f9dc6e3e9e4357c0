"""What is read from Keras's source is what Keras has."""

import subprocess
import sys

from pixelmill.featurizers import keras_source


def test_names_are_those_of_keras_in_snake_case():
    import keras

    networks = keras_source.networks()
    constructors = {name for _, name in networks.values()}
    offered = {name for name, item in vars(keras.applications).items() if callable(item)}
    assert constructors == offered
    known = {"resnet50", "resnet50_v2", "vgg16", "inception_v3", "inception_resnet_v2", "xception"}
    known |= {"mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "efficientnet_v2_b0"}
    known |= {"convnext_tiny", "convnext_xlarge", "nasnet_mobile", "densenet121"}
    assert known <= set(networks)


def test_pins_name_the_files_and_hashes_of_the_network():
    pins = keras_source.pinned_weights("vgg16")
    assert "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5" in pins
    assert "6d6bbae143d832006294945121d1f1fc" in pins


def test_every_network_has_pins_and_families_differ():
    pins = {name: tuple(keras_source.pinned_weights(name)) for name in keras_source.networks()}
    assert all(pins.values())
    assert pins["resnet50"] != pins["vgg16"]


def test_reading_the_source_imports_no_keras():
    code = (
        "import sys; from pixelmill.featurizers import keras_source as source;"
        "source.networks(); source.pinned_weights('resnet50_v2');"
        "sys.exit('keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
