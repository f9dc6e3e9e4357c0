"""Replacement of operations that OpenVINO computes slowly on CPUs by equivalent ones.

Nothing is looked up by a network's name: a graph that does not have these operations stays as it
is. They are rewritten when a network is opened, so that converted networks, also those stored with
a model, are what OpenVINO's own converter wrote.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TO_CHANNELS_FIRST = (0, 3, 1, 2)


def pad_in_pooling(model: Any) -> None:
    """Give each max pooling the padding of the Pad before it, which has no fast kernel.

    A Pad adds zeros, and a pooling's own padding never wins (it is -inf). Where nothing before it
    is negative, both give the same maximum: max(0, x) = x for x >= 0. Each window must hold an x.

    Args:
        model: openvino.Model, changed in place.
    """
    import openvino.opset8 as operations

    for pooling in _operations(model, "MaxPool"):
        before = pooling.input_value(0).get_node()
        attributes = pooling.get_attributes()
        padding = _zeros_around(before, attributes["kernel"])
        if padding is None or not _pads_nothing(attributes):
            continue
        padded = operations.max_pool(
            before.input_value(0),
            attributes["strides"],
            attributes["dilations"],
            *padding,
            attributes["kernel"],
            attributes["rounding_type"],
        )
        padded.set_friendly_name(pooling.get_friendly_name())
        pooling.output(0).replace(padded.output(0))
    model.validate_nodes_and_infer_types()


def take_reversed_channels(model: Any) -> bool:
    """Let a network whose first step is to turn RGB into BGR take BGR.

    Keras cuts the pixels, as floats, into three channels and puts them together again: four slow
    copies. OpenVINO folds a Gather into the first convolution, whose sums then have another order,
    so the channels are reversed before the network, as bytes.

    Args:
        model: openvino.Model of uint8 [n, height, width, 3], changed in place.

    Returns:
        Whether the model now takes BGR.
    """
    import openvino.opset8 as operations

    for together in _operations(model, "Concat"):
        pixels = _reversed_source(together)
        if pixels is None:
            continue
        channels_first = operations.transpose(pixels, np.array(_TO_CHANNELS_FIRST))
        together.output(0).replace(channels_first.output(0))
        model.validate_nodes_and_infer_types()
        return True
    return False


def _operations(model: Any, kind: str) -> Iterator[Any]:
    return (item for item in model.get_ordered_ops() if item.get_type_name() == kind)


def _constant(output: Any) -> NDArray[Any] | None:
    """Return the value of a constant; one that is stored as float16 has a Convert behind it."""
    node = output.get_node()
    if node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return np.asarray(node.data) if node.get_type_name() == "Constant" else None


def _pads_nothing(pooling: dict[str, Any]) -> bool:
    own = (*pooling["pads_begin"], *pooling["pads_end"])
    return pooling["auto_pad"] in ("valid", "explicit") and not any(own)


def _zeros_around(node: Any, kernel: list[int]) -> tuple[list[int], list[int]] | None:
    """Return how many zeros a Pad adds before and behind each axis of maps that are not negative.

    None where it does anything else, or where a window might hold zeros only.
    """
    if node.get_type_name() != "Pad" or node.get_attributes()["pad_mode"] != "constant":
        return None
    begin, end, *value = map(_constant, node.input_values()[1:])
    if begin is None or end is None or any(item is None or item.any() for item in value):
        return None
    outside = [*begin[:2], *end[:2]]  # images and channels
    sides = [*zip(begin[2:], kernel, strict=True), *zip(end[2:], kernel, strict=True)]
    fits = all(0 <= count < size for count, size in sides)
    if any(outside) or not fits or not _is_never_negative(node.input_value(0).get_node()):
        return None
    return begin[2:].tolist(), end[2:].tolist()


def _is_never_negative(node: Any) -> bool:
    kind = node.get_type_name()
    return kind == "Relu" or (kind == "Clamp" and bool(node.get_attributes()["min"] >= 0))


def _reversed_source(together: Any) -> Any | None:
    """Return the pixels [n, height, width, 3] whose channels, reversed, a Concat puts on axis 1."""
    if together.get_attributes()["axis"] != 1 or together.get_input_size() != 3:
        return None
    slices = [_slice_of(value.get_node()) for value in together.input_values()]
    parts = [part for part in slices if part is not None]
    if [_channel(part) for part in parts] != [2, 1, 0]:
        return None
    sources = {part.input_value(0) for part in parts}
    source = sources.pop()
    return source if not sources and _is_input(source.get_node()) else None


def _slice_of(node: Any) -> Any | None:
    """Return the slice that an Unsqueeze gives an axis of channels, [n, 1, height, width]."""
    if node.get_type_name() != "Unsqueeze":
        return None
    axes, part = _constant(node.input_value(1)), node.input_value(0).get_node()
    on_axis_1 = axes is not None and axes.ravel().tolist() == [1]
    return part if on_axis_1 and part.get_type_name() == "StridedSlice" else None


def _channel(part: Any) -> int | None:
    """Return which of three channels a slice takes whole; None where it takes anything else."""
    pixels, taken = part.input_value(0).get_partial_shape(), part.output(0).get_partial_shape()
    how = [_constant(value) for value in part.input_values()[1:]]
    if pixels.rank != 4 or taken != pixels[:3] or pixels[3] != 3 or any(h is None for h in how):
        return None
    return _taken(part, [np.asarray(values) for values in how])


def _taken(part: Any, how: list[NDArray[Any]]) -> int | None:
    """Return what the slice takes of 0, 1, 2, which are the channels of one pixel."""
    from openvino import Tensor

    if (how[-1] != 1).any():  # strides
        return None
    numbers = np.arange(3, dtype=np.float32).reshape(1, 1, 1, 3)
    answer = Tensor(np.empty((1, 1, 1), np.float32))
    known = part.evaluate([answer], [Tensor(values) for values in (numbers, *how)])
    return int(answer.data.item()) if known and answer.data.size == 1 else None


def _is_input(node: Any) -> bool:
    """Return whether these are the pixels that the network takes, as they are or as floats."""
    if node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return bool(node.get_type_name() == "Parameter")
