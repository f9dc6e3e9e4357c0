"""The table of all findings keeps its types, whatever is in it."""

from pyarrow import parquet

from pixelmill.duplicates.table import schema as near_duplicates
from pixelmill.exploration.findings import Finding, schema, tabulate
from pixelmill.parameters import DuplicatesParameters
from pixelmill.pipelines.exploration.nodes import join_findings
from pixelmill.pipelines.exploration.page import sheets_of


def test_the_file_of_findings_has_the_same_types_with_and_without_values(tmp_path):
    none = tabulate([])
    for faults in (none, tabulate([Finding("a", "tiny", 0.5, "small")])):
        copies = near_duplicates().empty_table()
        findings = join_findings(faults, none, copies, DuplicatesParameters(), "state")
        findings.to_parquet(tmp_path / "findings.parquet", index=False)
        found = parquet.read_schema(tmp_path / "findings.parquet")
        assert {
            name: str(found.field(name).type).removeprefix("large_") for name in found.names
        } == {name: str(schema().field(name).type) for name in schema().names}


def test_a_sheet_has_the_worst_and_no_missing_value_as_a_path():
    faults = tabulate([Finding(str(n), "tiny", n / 10, "small") for n in range(10)])
    copies = near_duplicates().empty_table()
    findings = join_findings(faults, tabulate([]), copies, DuplicatesParameters(), "state")
    sheets = sheets_of(findings, 2)
    assert [row["path"] for row in sheets["tiny"]] == ["9", "8"]
    assert sheets["tiny"][0]["related_path"] is None
