"""Settings: every setting and its parser; the only package that reads the environment."""
