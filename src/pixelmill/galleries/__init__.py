"""Galleries: addresses and labels of images on the pages of a site, found by a real browser.

Nothing is downloaded here. What is found becomes a list of URLs like any other.
"""

from pixelmill.galleries.collecting import Access, GalleryList, collect_gallery
from pixelmill.galleries.collector import find_collector

__all__ = ["Access", "GalleryList", "collect_gallery", "find_collector"]
