"""The interactive map: one page that opens from disk and needs no network."""

from pixelmill.map_page.contents import MapPage, MapPoints, Similar
from pixelmill.map_page.writing import write_page

__all__ = ["MapPage", "MapPoints", "Similar", "write_page"]
