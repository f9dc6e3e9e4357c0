"""What `colour_statistics` is measured against: two processes, OpenCV, and nothing else.

python -m benchmarks.colour_loop FOLDER OUTPUT.npz

Decodes at full size and computes the same 18 statistics, hue on its circle and weighted by chroma,
the way one would write it down with OpenCV, with one thread in each of two processes.
"""

import multiprocessing
import sys
from pathlib import Path

import cv2
import numpy as np

PROCESSES = 2
ARROWS = np.exp(2j * np.pi * np.arange(180) / 180)


def featurize(share: list[Path]) -> np.ndarray:
    """The statistics of some photos, computed by this process alone."""
    cv2.setNumThreads(1)
    return np.array([statistics(path) for path in share], np.float32)


def statistics(path: Path) -> np.ndarray:
    """Mean and deviation of nine channels, in OpenCV's 8 bits but for hue, which is in degrees."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB)
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    moments = [np.hstack(cv2.meanStdDev(channels)) for channels in (image, hsv, lab)]
    moments[1][0] = circular(hsv)
    return np.concatenate(moments).ravel()


def circular(hsv: np.ndarray) -> tuple[float, float]:
    """Mean and angular deviation of hue in degrees, weighted by chroma."""
    hue, saturation, value = cv2.split(hsv)
    chroma = cv2.multiply(saturation, value, scale=1 / 255)
    table = cv2.calcHist([hue, chroma], [0, 1], None, [180, 256], [0, 180, 0, 256])
    weights = table @ np.arange(256)
    arrow = complex(weights @ ARROWS) / max(weights.sum(), 1)
    return np.degrees(np.angle(arrow)), np.degrees(np.sqrt(2 * (1 - min(abs(arrow), 1))))


def main(folder: str, output: str) -> None:
    """Featurizes a folder."""
    photos = sorted(Path(folder).rglob("*.jpg"))
    shares = [photos[number::PROCESSES] for number in range(PROCESSES)]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        found = pool.map(featurize, shares)
    paths = np.array([str(path) for share in shares for path in share])
    np.savez(output, paths=paths, features=np.concatenate(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
