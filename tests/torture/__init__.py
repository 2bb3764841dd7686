"""What needs time or force: run by `make torture`, bounded to ten minutes, its figures printed as a table."""
