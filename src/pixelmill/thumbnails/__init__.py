"""Thumbnails of images: in memory, and of whole tables by Spark."""

from pixelmill.thumbnails.shrinking import Thumbnail, data_uri, jpeg_thumbnail, thumbnail

__all__ = ["Thumbnail", "data_uri", "jpeg_thumbnail", "thumbnail"]
