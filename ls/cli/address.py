"""The address of the set-up link, which commands print."""

from ls.config.address import link_to
from ls.models import Organization


def setup_url() -> str | None:
    """The link by which the first account is made; None once there is one."""
    organization = Organization.get()
    return None if organization.is_founded else link_to(f"/setup/{organization.setup_code}")
