"""Activity: the audit trail, to read, to filter, and to take away."""
