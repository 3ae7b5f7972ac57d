"""Pipelines: reading, planning and running them."""
