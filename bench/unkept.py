"""The product with nothing kept between requests: `flask --app bench.unkept start`.

What grows with the data is the cost of reading; a wrk that asks for one page would measure memory.
"""

from ls.kept import Watch

Watch.present = lambda _watch: None  # type: ignore[method-assign]  # as on PostgreSQL

from app import create_app  # noqa: E402, F401  # what `flask` looks for
