"""Colours that stay apart from each other, on white and on near-black."""

import functools

import numpy as np
import numpy.typing as npt

COUNT = 240  # beyond, colours come again: nobody tells more apart
FIRST = (31, 122, 140)  # the project's own
CHROMA = 0.07, 0.2  # below, a colour could be taken for noise; above, it glares


@functools.cache
def colours() -> tuple[str, ...]:
    """Colours as '#rrggbb', each as far as possible from all before it.

    The farthest-first order is Glasbey's, by distance in OKLab: the first few, which the largest
    groups get, differ most.

    Source: Glasbey et al., Colour displays for categorical images, 2007;
    https://bottosson.github.io/posts/oklab/
    """
    candidates = _candidates()
    lab = oklab(candidates)
    nearest = np.square(lab - oklab(np.array([FIRST]))).sum(axis=1)
    chosen = [np.array(FIRST)]
    while len(chosen) < COUNT:
        farthest = int(nearest.argmax())
        chosen.append(candidates[farthest])
        nearest = np.minimum(nearest, np.square(lab - lab[farthest]).sum(axis=1))
    return tuple("#{:02x}{:02x}{:02x}".format(*colour.tolist()) for colour in chosen)


def oklab(rgb: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Colours in OKLab.

    Args:
        rgb: sRGB of 0 to 255, shape [n, 3].

    Returns:
        Lightness of 0 to 1 and two axes of colour, shape [n, 3].
    """
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    cones = linear @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    return np.asarray(
        np.cbrt(cones)
        @ np.array(
            [
                [0.2104542553, 1.9779984951, 0.0259040371],
                [0.7936177850, -2.4285922050, 0.7827717662],
                [-0.0040720468, 0.4505937099, -0.8086757660],
            ]
        )
    )


def _candidates() -> npt.NDArray[np.int64]:
    """Colours of middling lightness, neither grey nor glaring."""
    axis = np.arange(0, 256, 15)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    lab = oklab(grid)
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    calm = (chroma > CHROMA[0]) & (chroma < CHROMA[1])
    return grid[calm & (lab[:, 0] > 0.5) & (lab[:, 0] < 0.8)]
