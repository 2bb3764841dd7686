"""Password hashing and policy, key derivation and encryption, the secret key."""
