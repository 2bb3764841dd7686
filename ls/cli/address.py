"""The addresses that commands print."""

from ls.config.address import base_url as base_url
from ls.config.address import note_address as note_address
from ls.models import Organization


def setup_url() -> str | None:
    """The link by which the first account is made; None once there is one."""
    organization = Organization.get()
    return None if organization.is_founded else f"{base_url()}/setup/{organization.setup_code}"
