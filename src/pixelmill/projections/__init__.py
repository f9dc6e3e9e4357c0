"""What brings features to two dimensions; one module for each method."""
