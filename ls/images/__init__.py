"""Avatar: uploaded bytes in, safe re-encoded bytes out."""
