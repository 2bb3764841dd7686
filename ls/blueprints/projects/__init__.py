"""Projects in the browser: the list, and a page for each."""
