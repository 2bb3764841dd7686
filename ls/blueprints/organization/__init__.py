"""The organization page: name and contact, session policy, tokens, and what members may know of the server."""
