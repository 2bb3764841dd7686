"""The release's number, written once."""

VERSION = "1.0.0"
