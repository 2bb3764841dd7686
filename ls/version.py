"""The release's number, written once."""

VERSION = "1.1.0"
