"""Where the time of a featurization goes, what holds it back and what would help."""
