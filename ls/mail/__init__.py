"""Outgoing mail: the outbox in the database, what messages say, and the thread that sends them."""
