"""People: the list of members, what each worked on, deactivation, and the invite link."""
