"""The product as a person meets it: real Chromium, real server, real port."""
