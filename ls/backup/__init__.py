"""Archive, restore and copy."""
