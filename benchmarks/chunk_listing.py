"""How long it takes to find the chunks of features that count, and to write their checksums.

    python -m benchmarks.chunk_listing --chunks 10000

Makes a table of chunks of four files each on this disk, with the checksums of Hadoop beside them,
and prints CPU seconds: of listing the markers alone, as earlier versions did, of comparing all
chunks with their markers, and of the checksum of 100 MB that a marker needs.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import fsspec

from pixelmill.datasets.chunks import MARKS, PREFIX, find_chunks
from pixelmill.datasets.commit_marker import commit

FILES = 4


def main() -> None:
    """Make the table, and print what each step takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=10_000, help="chunks of the table")
    chunks = parser.parse_args().chunks
    with TemporaryDirectory() as table:
        for number in range(chunks):
            _write_chunk(Path(table), f"{number:032x}")
        system, path = fsspec.core.url_to_fs(f"{table}/{MARKS}")
        began = time.process_time()
        listed = len(system.ls(path, detail=False))
        print(f"{listed:,} markers listed: {time.process_time() - began:.2f} s")
        for attempt in ("first", "second"):
            began = time.process_time()
            found = len(find_chunks(table).whole)
            print(f"{found:,} chunks compared, {attempt}: {time.process_time() - began:.2f} s")
        _time_checksum(Path(table))


def _write_chunk(table: Path, name: str) -> None:
    folder = table / f"{PREFIX}{name}"
    folder.mkdir()
    for part in range(FILES):
        (folder / f"part-{part:05}.snappy.parquet").write_bytes(b"rows")
        (folder / f".part-{part:05}.snappy.parquet.crc").write_bytes(b"crc")
    commit(str(folder), str(table / MARKS), name)


def _time_checksum(table: Path) -> None:
    folder = table / "large"
    folder.mkdir()
    (folder / "part-0.parquet").write_bytes(bytes(100_000_000))
    began = time.process_time()
    commit(str(folder), str(table / "marks"), "large")
    print(f"checksum of 100 MB: {time.process_time() - began:.3f} s")


if __name__ == "__main__":
    main()
