"""What a run on EMR needs and costs: from a measured profile and a table of prices."""
