"""Sign-up, login, logout, the first password, and the language of a visitor."""
