"""The product, proven through the real thing."""
