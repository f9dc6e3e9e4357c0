"""Detection of faulty images, label errors and outliers."""
