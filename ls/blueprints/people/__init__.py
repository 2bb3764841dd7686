"""People: who is here, what they worked on, who may come in."""
