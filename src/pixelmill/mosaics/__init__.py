"""Pictures made of thumbnails."""
