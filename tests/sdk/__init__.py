"""The official SDK, unchanged, against a real server."""
