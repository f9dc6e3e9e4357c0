"""Collection of images from a list of URLs: downloaded once, politely, in Spark tasks."""
