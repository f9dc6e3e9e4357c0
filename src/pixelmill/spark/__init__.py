"""Spark sessions, and functions on tables that several packages share."""
