"""Changes to projects, tasks and annotations that span several tables."""
