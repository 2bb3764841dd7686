"""Scripts that measure and print ratios."""
