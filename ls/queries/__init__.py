"""Read-only lists and details for pages and API."""
