"""Strangers' images are opened by `pixelmill.images` alone, and each by the codec of its kind."""

import ast
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "pixelmill"
OPENERS = {
    "imdecode", "imdecodemulti", "imread", "imreadmulti", "load_img", "decode_image", "decode_png",
    "decode_gif", "decode_bmp", "decode_webp", "decode_jpeg", "decode_and_crop_jpeg",
    "image_dataset_from_directory",
}  # fmt: skip
"""Functions of OpenCV, simplejpeg, Keras, TensorFlow, matplotlib and others that decode images."""

OF_OUR_OWN = {
    ("datasets/mosaic_picture.py", "imdecode"): "a mosaic that a run has written",
    ("mosaics/pixels.py", "decode_jpeg"): "a thumbnail that a run has made",
}
MODULES = {"imageio", "skimage", "tifffile", "rawpy", "pillow_heif", "wand", "PIL.ImageGrab"}


def opened(source):
    """What opens images in a file: the name of a function, or `Image.open` without its one kind."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            yield from (name for name in names if name in OPENERS or _is_module(name))
        if isinstance(node, ast.Attribute) and node.attr in OPENERS:
            yield node.attr
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("Image.OPEN", "Image.preinit"):
            yield ast.unparse(node)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Image.open"):
            kinds = [word.value for word in node.keywords if word.arg == "formats"]
            if not (kinds and isinstance(kinds[0], ast.Tuple) and len(kinds[0].elts) == 1):
                yield "Image.open"


def _is_module(name):
    return any(name == module or name.startswith(f"{module}.") for module in MODULES)


def unguarded(root):
    """Places of unguarded openers outside of `images/`, and of `Image.open` of any kind inside."""
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root).as_posix()
        for name in opened(path.read_text()):
            inside = place.startswith("images/") and name != "Image.open"
            if not inside and (place, name) not in OF_OUR_OWN:
                yield f"{place}: {name}"


def test_only_the_package_images_opens_images():
    assert list(unguarded(SOURCES)) == []


def test_exceptions_are_used():
    used = {
        (place, name) for place, name in OF_OUR_OWN if name in opened((SOURCES / place).read_text())
    }
    assert used == set(OF_OUR_OWN)


@pytest.mark.parametrize(
    "line",
    [
        "from PIL import Image\nImage.open(file)",
        "import PIL.Image\nPIL.Image.open(file, formats=None)",
        "from PIL import Image\nImage.open(file, formats=('PNG', 'EPS'))",
        "import cv2\ncv2.imdecode(data, 1)",
        "from cv2 import imread",
        "import tensorflow as tf\ntf.io.decode_image(data)",
        "import keras\nkeras.utils.load_img(path)",
        "import simplejpeg\ndecode = simplejpeg.decode_jpeg",
        "import imageio.v3 as iio",
    ],
)
def test_a_new_opener_is_found(tmp_path, line):
    (tmp_path / "thumbnails.py").write_text(line)
    assert list(unguarded(tmp_path))
