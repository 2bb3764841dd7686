"""The founder's first steps: a list on the page of the projects, until all are done or they hide it."""
