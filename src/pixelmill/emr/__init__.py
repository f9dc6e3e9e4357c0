"""EMR clusters from the laptop: plan, launch, status, logs, stop."""
