"""The check by which a proxy guards other tools, and the way to the login page and back."""
