"""Features of images by Spark: what is missing, chunk by chunk, by one or several featurizers."""
