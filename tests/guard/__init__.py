"""Guarding other tools: the check, the way back, the samples of deploy/guard/, and what is read from Label Studio."""
