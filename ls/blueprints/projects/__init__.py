"""Projects: the list, and a page for each."""
