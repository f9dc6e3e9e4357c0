"""What makes groups of similar images; one module for each method."""
