"""Account & Settings: what a member changes about herself."""
