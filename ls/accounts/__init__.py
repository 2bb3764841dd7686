"""What an account goes through, across several tables."""
