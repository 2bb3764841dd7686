"""The API, called as scripts call it; one file per resource."""
