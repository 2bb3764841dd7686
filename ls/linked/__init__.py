"""What people did in a Label Studio beside Roster, read by its API."""
