"""Fuzzes the decoding of images, guided by coverage; needs the package atheris.

python tools/fuzz_decoding.py CORPUS [SEEDS …] -max_total_time=3600 -max_len=4096

The corpus grows in the folder CORPUS; a file that ends the process, or raises anything but an
ImageError, is written to the current folder as `crash-…`. `tests/images/fuzzed.zip` holds those of
a corpus that go ways of their own through the code.
"""

import sys

import atheris

with atheris.instrument_imports(include=["pixelmill", "PIL"]):
    import numpy as np

    from pixelmill.errors import ImageError
    from pixelmill.featurizers.decoding import Decoder
    from pixelmill.images.limits import Limits

DECODER = Decoder((32, 32), Limits(max_pixels=1_000_000, max_decoded_bytes=100_000_000))


def decode(data: bytes) -> None:
    """Decode what the fuzzer made; that it is no image is fine."""
    try:
        DECODER.decode(data, np.empty((32, 32, 3), np.uint8))
    except ImageError:
        pass
    finally:
        DECODER.take_remarks()


if __name__ == "__main__":
    atheris.Setup(sys.argv, decode)
    atheris.Fuzz()
