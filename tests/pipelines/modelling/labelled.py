"""Labelled features of one featurizer, in memory."""

import pyarrow as pa

PART = {"fingerprint": "0123456789abcdef", "featurizer": "pixels"}
FEATURIZER = {"fingerprint": "0123456789abcdef", "parts": [PART]}


def in_memory(rows):
    """Labelled features as an Arrow table."""
    strings = dict.fromkeys(["path", "label", "split"], pa.string())
    schema = pa.schema(strings | {"features": pa.list_(pa.float32())})
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
