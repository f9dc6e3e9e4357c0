"""Time and memory of a list of images in a large Excel file.

    python -m benchmarks.excel_rows --rows 1000000

Writes a sheet of URLs, labels and numbers with openpyxl, and reads its first two columns as
`ingestion` does. Prints seconds of CPU and the peak of memory above that before.
"""

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import Workbook

from pixelmill.sources.columns import open_table


def main() -> None:
    """Write the file, read it, print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the sheet")
    rows = parser.parse_args().rows
    with TemporaryDirectory() as folder:
        _write(Path(folder) / "list.xlsx", rows)
        before, began = _peak(), time.process_time()
        table = open_table(folder, "list.xlsx")
        found = table.read(["url", "label"])
        seconds = time.process_time() - began
        print(f"{found.num_rows:,} rows: {seconds:.1f} s, {_peak() - before:,.0f} MB")


def _write(place: Path, rows: int) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("images")
    sheet.append(["url", "label", "number"])
    for row in range(rows):
        url = f"https://example.com/photos/of/pets/{row:09d}/large/picture.jpg"
        sheet.append([url, f"class {row % 10}", row])
    book.save(place)


def _peak() -> float:
    """Most memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    main()
