"""The start page, health, version, and pictures."""
