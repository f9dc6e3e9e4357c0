"""Resources and cost of a run on EMR, from a measured profile and a price table."""
