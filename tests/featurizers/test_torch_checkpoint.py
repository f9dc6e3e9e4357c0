"""A checkpoint gives its tensors and never runs code."""

import copy
import pickle
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from pixelmill.errors import InputError
from pixelmill.featurizers.torch_checkpoint import read_checkpoint

MAGIC = 0x1950A86A20F9469CFC6C
# A pickle of {"weight": tensor [3, 2]}, as PyTorch writes it, by its opcodes.
STATE = (
    b"\x80\x02ccollections\nOrderedDict\n)RX\x06\x00\x00\x00weight"
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
    b"X\x01\x00\x00\x007X\x03\x00\x00\x00cpuK\x06NtQK\x00K\x03K\x02\x86K\x02K\x01\x86\x89"
    b"ccollections\nOrderedDict\n)RtRs."
)


def checkpoint(state=STATE, size=6, values=6, magic=MAGIC):
    head = [pickle.dumps(part, protocol=2) for part in (magic, 1001, {"little_endian": True})]
    storage = struct.pack("<q", size) + np.arange(values, dtype="<f4").tobytes()
    return b"".join([*head, state, pickle.dumps(["7"], protocol=2), storage])


class Attack:
    """Writes a file when it is unpickled."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def test_tensors_are_read_by_name():
    tensors = read_checkpoint(checkpoint(), "x.pth")
    assert list(tensors) == ["weight"]
    assert tensors["weight"].tolist() == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize("place", ["state", "inside", "magic"])
def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path, place):
    target = tmp_path / "attacked"
    attack = pickle.dumps(
        OrderedDict(weight=Attack(target)) if place == "inside" else Attack(target), protocol=2
    )
    data = attack if place == "magic" else checkpoint(attack)
    copy.copy(Attack(target))
    assert target.exists()  # copying does what unpickling does: the attack works
    target.unlink()
    with pytest.raises(InputError, match=r"^weights: x\.pth is not .*it asks to run .*; give"):
        read_checkpoint(data, "x.pth")
    assert not target.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [("builtins", "eval"), ("os", "system"), ("torch", "load"), ("collections", "namedtuple")],
)
def test_only_what_tensors_need_may_be_named(module, name):
    state = f"c{module}\n{name}\n(X\x01\x00\x00\x001tR.".encode()
    with pytest.raises(InputError, match=f"it asks to run {module}.{name}"):
        read_checkpoint(checkpoint(state), "x.pth")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 a zip file",
        b"\x89HDF\r\n\x1a\n",
        checkpoint(magic=1),
        checkpoint()[:200],
        checkpoint()[:-4],
        checkpoint(size=-6),
        checkpoint(size=7, values=7),
        checkpoint(STATE.replace(b"K\x03K\x02\x86", b"K\x09K\x02\x86")),
        checkpoint(STATE.replace(b"K\x02K\x01\x86", b"X\x01\x00\x00\x00aK\x01\x86")),
        checkpoint(b"I1\n."),
    ],
)
def test_a_damaged_checkpoint_is_one_sentence(data):
    with pytest.raises(InputError, match=r"^weights: x\.pth is not a PyTorch checkpoint"):
        read_checkpoint(data, "x.pth")
