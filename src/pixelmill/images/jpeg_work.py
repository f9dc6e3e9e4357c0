"""Cost of decoding a JPEG, by its header: memory for coefficients, and blocks of each scan.

Source: ITU-T T.81, A.1.1 (sizes of components) and A.2 (order of blocks).
"""

from typing import NamedTuple

MOST_SCANS = 100
"""Encoders write a dozen; each goes over the picture, and an empty one has a few bytes."""

MOST_BLOCKS = 1 << 26
"""Blocks of 8x8 samples that all scans may visit: 7 seconds where each has data to refine."""

_BLOCK_BYTES = 128  # 64 coefficients of 16 bits
_SAMPLES = 8  # a side of a block


class Component(NamedTuple):
    """A colour component of a frame.

    Attributes:
        number: Number by which scans name the component.
        across: Samples in a minimum coded unit, horizontally, in blocks.
        down: The same vertically.
    """

    number: int
    across: int
    down: int


class Frame(NamedTuple):
    """The header of a frame.

    Attributes:
        height: Height in pixels.
        width: Width in pixels.
        components: Components in their order.
    """

    height: int
    width: int
    components: tuple[Component, ...]

    def blocks(self, component: Component) -> int:
        """Return the blocks of a component, padded to whole minimum coded units."""
        units = self._units(self.width, "across") * self._units(self.height, "down")
        return units * component.across * component.down

    @property
    def coefficient_bytes(self) -> int:
        """Memory that libjpeg allocates to keep all coefficients, which several scans need."""
        return _BLOCK_BYTES * sum(map(self.blocks, self.components))

    def visited(self, scan: bytes) -> int:
        """Return the blocks that a scan visits.

        Args:
            scan: Body of its header.
        """
        numbers = scan[1 : 1 + 2 * scan[0] : 2] if scan else b""
        return sum(self.blocks(one) for one in self.components if one.number in numbers)

    def _units(self, pixels: int, axis: str) -> int:
        widest = max((getattr(one, axis) for one in self.components), default=1)
        return -(-pixels // (_SAMPLES * max(widest, 1)))


def read_frame(body: bytes) -> Frame:
    """Read the header of a frame.

    Args:
        body: Body of the segment, at least 6 bytes.
    """
    samplings = zip(body[6::3], body[7::3], strict=False)
    components = (Component(number, sampling >> 4, sampling & 15) for number, sampling in samplings)
    return Frame(
        int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big"), tuple(components)
    )
