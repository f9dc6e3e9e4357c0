"""Schemas are written once: the catalog and the page on tables have those of the code."""

import html
import re
from pathlib import Path

import pyarrow as pa
import pytest

from pixelmill.settings import CONFIG_LOADER_ARGS
from pixelmill.tables import SCHEMAS, arrow_schema

ROOT = Path(__file__).parents[1]
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", (ROOT / "docs/tables.md").read_text(), re.M))


@pytest.mark.parametrize("name", sorted(SCHEMAS.keys() & ROWS.keys()))
def test_documented_columns_are_those_of_the_table(name):
    documented = [
        column.split()[0] for column in html.unescape(ROWS[name]).partition(";")[0].split(" · ")
    ]
    assert documented == arrow_schema(SCHEMAS[name]).names


def test_most_tables_are_documented():
    assert len(SCHEMAS.keys() & ROWS.keys()) >= 9


def test_the_catalog_has_no_schemas_of_its_own():
    files = sorted((ROOT / "conf/base/catalog").glob("*.yml"))
    written = [
        schema
        for file in files
        for schema in re.findall(r"^ +schema: (.+)$", file.read_text(), re.M)
    ]
    assert written
    assert [schema for schema in written if not re.fullmatch(r"\$\{schema:\w+\}", schema)] == []


def test_the_catalog_names_schemas_by_its_resolver():
    assert CONFIG_LOADER_ARGS["custom_resolvers"]["schema"]("image_index") == SCHEMAS["image_index"]


def test_arrow_schema_of_image_index():
    text, time = pa.string(), pa.timestamp("us", "UTC")
    expected = {"path": text, "label": text, "size": pa.int64(), "modified": time}
    assert arrow_schema(SCHEMAS["image_index"]) == pa.schema(expected)
