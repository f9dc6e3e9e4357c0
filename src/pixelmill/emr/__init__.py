"""The cluster, seen from the laptop: plan, launch, status, logs, stop."""
