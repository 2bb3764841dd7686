"""Numbers for Prometheus; registered only where LABEL_STUDIO_METRICS turns it on."""
