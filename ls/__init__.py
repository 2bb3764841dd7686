"""User management for a labelling server."""
