"""Detection of images that are the same picture."""
