"""Drawings that are much alike, and none of which is another's copy."""

import cv2
import numpy as np
from sklearn.datasets import load_digits

SIDE = 128  # pixels, as the embedded sample has them


def digit_drawings() -> list[tuple[int, bytes]]:
    """scikit-learn's 1,797 handwritten digits of 8x8 pixels, enlarged.

    Returns:
        Each digit with a PNG file of its drawing, dark on white.
    """
    digits = load_digits()
    drawings = []
    for digit, ink in zip(digits.target.tolist(), digits.images, strict=True):
        pixels = cv2.resize(255 - ink * 255 / 16, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        encoded = cv2.imencode(".png", np.clip(pixels, 0, 255).astype(np.uint8))[1]
        drawings.append((digit, encoded.tobytes()))
    return drawings
