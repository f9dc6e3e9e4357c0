"""What all pages of HTML share: templates, the formatting of values, and colours."""

from pixelmill.pages.templates import as_utf8, csv_script, file_of, script_hash, templates

__all__ = ["as_utf8", "csv_script", "file_of", "script_hash", "templates"]
