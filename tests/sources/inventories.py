"""Inventories as S3 writes them, on disk: a manifest, and files of rows at their keys."""

import csv
import gzip
import hashlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote_plus

import pyarrow as pa
from pyarrow import orc
from pyarrow import parquet as pq

FOLDER = "lists/photos/weekly"
MOMENT = datetime(2024, 3, 10, 2, 30, 0, 123000, tzinfo=UTC)  # New York has no such hour
SCHEMAS = {
    "CSV": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag",
    "ORC": (
        "struct<bucket:string,key:string,version_id:string,is_latest:boolean,"
        "is_delete_marker:boolean,size:bigint,last_modified_date:timestamp,e_tag:string>"
    ),
    "Parquet": (
        "message s3.inventory { required binary bucket (STRING); required binary key (STRING); "
        "optional binary version_id (STRING); optional boolean is_latest; "
        "optional boolean is_delete_marker; optional int64 size; "
        "optional int64 last_modified_date (TIMESTAMP(MILLIS,true)); "
        "optional binary e_tag (STRING);}"
    ),
}
ENDINGS = {"CSV": "csv.gz", "ORC": "orc", "Parquet": "parquet"}


@dataclass(frozen=True)
class Row:
    """An object, or another version of one."""

    key: str
    size: int | None = 5
    modified: datetime | None = MOMENT
    latest: bool = True
    deleted: bool = False


def write_inventory(folder, rows, file_format="CSV", parts=2, **changes):
    """Writes an inventory below a folder, its manifest and its checksum.

    Args:
        folder: Takes the place of the destination bucket.
        rows: Rows of the inventory.
        file_format: CSV, ORC or Parquet.
        parts: Number of files that hold the rows.
        changes: Changes of the manifest's fields.

    Returns:
        The manifest's path.
    """
    contents = [WRITERS[file_format](rows[number::parts]) for number in range(parts)]
    listed = []
    for number, content in enumerate(contents):
        key = f"{FOLDER}/data/{number:08}.{ENDINGS[file_format]}"
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        listed.append({"key": key, "size": len(content), "MD5checksum": digest})
    manifest = {
        "sourceBucket": "photos",
        "destinationBucket": "arn:aws:s3:::lists-bucket",
        "version": "2016-11-30",
        "creationTimestamp": "1710000000000",
        "fileFormat": file_format,
        "fileSchema": SCHEMAS[file_format],
        "files": listed,
    }
    return write_manifest(folder, manifest | changes)


def write_manifest(folder, manifest):
    """Writes a manifest and its checksum where S3 puts them."""
    place = folder / FOLDER / "2024-03-11T01-00Z"
    place.mkdir(parents=True, exist_ok=True)
    data = json.dumps(manifest).encode()
    (place / "manifest.json").write_bytes(data)
    (place / "manifest.checksum").write_text(hashlib.md5(data, usedforsecurity=False).hexdigest())
    return place / "manifest.json"


def _csv(rows):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        when = row.modified and row.modified.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        flags = (str(row.latest).lower(), str(row.deleted).lower())
        key = quote_plus(row.key, safe="/")
        writer.writerow(["photos", key, "v1", *flags, row.size, when, "d41d8cd98f00b204"])
    return gzip.compress(text.getvalue().encode())


def _table(rows, kind):
    schema = pa.schema(
        [
            ("bucket", pa.string()),
            ("key", pa.string()),
            ("version_id", pa.string()),
            ("is_latest", pa.bool_()),
            ("is_delete_marker", pa.bool_()),
            ("size", pa.int64()),
            ("last_modified_date", kind),
            ("e_tag", pa.string()),
        ]
    )
    values = [
        ("photos", row.key, "v1", row.latest, row.deleted, row.size, row.modified, "d41d8cd9")
        for row in rows
    ]
    return pa.Table.from_pylist(
        [dict(zip(schema.names, row, strict=True)) for row in values], schema
    )


def _orc(rows):
    out = io.BytesIO()
    table = _table(rows, pa.timestamp("us", "UTC"))
    place = table.schema.get_field_index("last_modified_date")
    naive = table["last_modified_date"].cast(pa.timestamp("ns"))  # ORC's own has no zone
    orc.write_table(table.set_column(place, "last_modified_date", naive), out)
    return out.getvalue()


def _parquet(rows):
    out = io.BytesIO()
    pq.write_table(_table(rows, pa.timestamp("ms", "UTC")), out)
    return out.getvalue()


WRITERS = {"CSV": _csv, "ORC": _orc, "Parquet": _parquet}
