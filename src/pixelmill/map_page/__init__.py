"""The interactive map: one page that needs no network."""
