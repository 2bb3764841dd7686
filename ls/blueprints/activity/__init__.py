"""Activity: the audit log as a page with a filter, and as CSV."""
