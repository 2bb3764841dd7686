"""Trials that need time or force: `make torture` runs them within fifteen minutes and prints a table."""
