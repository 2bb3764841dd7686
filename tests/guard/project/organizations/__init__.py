"""What deploy/guard/roster_guard.py knows of Label Studio, in a Django project as small as possible."""
