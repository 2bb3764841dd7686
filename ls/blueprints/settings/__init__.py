"""Account & Settings: what users change about their own account."""
