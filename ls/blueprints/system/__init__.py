"""The front door, and what machines ask: health and version."""
