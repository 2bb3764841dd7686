"""Tests in Chromium against the real server on a real port."""
