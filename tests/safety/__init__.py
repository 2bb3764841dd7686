"""What the product promises under attack, each promise checked over every route of the route table."""
