"""Two servers behind one nginx, over one PostgreSQL, with one secret key."""
