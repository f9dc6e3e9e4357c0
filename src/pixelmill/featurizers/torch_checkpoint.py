"""Weights of a PyTorch checkpoint, read without PyTorch and without running its code.

A checkpoint of the format before PyTorch 1.6 is five pickles (magic number, protocol, system,
state, keys of the storages) and the raw storages. A pickle can call any function that it names;
this reader knows the three that a dictionary of tensors needs, and refuses all others.

Source: `torch.serialization._legacy_save`.
"""

import pickle
import struct
from collections import OrderedDict
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import InputError

_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
}
# What a damaged or hostile pickle makes the unpickler raise.
_DAMAGE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


class _Storage(NamedTuple):
    dtype: str
    key: str
    size: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _TensorUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            # A new function each time: a pickle can set attributes of what it is given.
            return lambda *arguments: _Tensor(*arguments[:4])
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"it asks to run {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _, size, view = pid
        if kind != "storage" or view is not None or dtype not in _DTYPES.values():
            raise pickle.UnpicklingError("it holds something else than tensors")
        return _Storage(dtype, key, size)


def read_checkpoint(data: bytes, name: str) -> dict[str, NDArray[Any]]:
    """Read the tensors of a legacy PyTorch checkpoint.

    Args:
        data: Content of the file.
        name: Name of the file, for the error message.

    Returns:
        Arrays by parameter name, in the shapes that PyTorch saved.

    Raises:
        InputError: The file is damaged, is no such checkpoint, or asks to run code.
    """
    try:
        return _tensors(BytesIO(data))
    except _DAMAGE as problem:
        raise InputError(
            f"weights: {name} is not a PyTorch checkpoint of plain tensors ({problem}); "
            "give a .pth file of the format before PyTorch 1.6, or a .weights.h5 file"
        ) from problem


def _tensors(stream: BytesIO) -> dict[str, NDArray[Any]]:
    magic, _, _, state, keys = (_next_pickle(stream) for _ in range(5))
    if magic != _MAGIC:
        raise pickle.UnpicklingError("it does not begin with PyTorch's magic number")
    tensors = {name: item for name, item in state.items() if isinstance(item, _Tensor)}
    kinds = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    storages = {key: _read_storage(stream, kinds[key]) for key in keys}
    return {name: _view(storages[item.storage.key], item) for name, item in tensors.items()}


def _next_pickle(stream: BytesIO) -> Any:
    return _TensorUnpickler(stream).load()


def _read_storage(stream: BytesIO, storage: _Storage) -> NDArray[Any]:
    dtype = np.dtype(storage.dtype)
    (size,) = struct.unpack("<q", stream.read(8))
    if not size == storage.size >= 0:
        raise ValueError("a storage has another size than its tensors")
    return np.frombuffer(stream.read(size * dtype.itemsize), dtype, count=size)


def _view(storage: NDArray[Any], tensor: _Tensor) -> NDArray[Any]:
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.offset + sum((length - 1) * stride for length, stride in steps)
    if min((tensor.offset, *tensor.shape, *tensor.strides)) < 0 or last >= storage.size:
        raise ValueError("a tensor reaches beyond its storage")
    return np.lib.stride_tricks.as_strided(
        storage[tensor.offset :],
        tensor.shape,
        [stride * storage.itemsize for stride in tensor.strides],
        writeable=False,
    )
