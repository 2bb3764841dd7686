"""Counters and import: what changes projects, tasks and annotations together."""
