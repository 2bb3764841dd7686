"""What the search knows of a text: every run of one, two and three characters in it."""

LONGEST_RUN = 3
MOST_RUNS = 100  # who has all of these is read letter by letter anyway


def grams(searched: str) -> set[str]:
    """Every run of one to three characters within a line, spelled so that any tokenizer keeps it whole."""
    found: set[str] = set()
    for line in searched.split("\n"):
        for length in range(1, LONGEST_RUN + 1):
            found.update(_runs(line, length))
    return {_spelled(run) for run in found}


def asked(query: str) -> list[str]:
    """The runs that whoever is found by the query must have: itself, or all of its longest.

    Every one, not only as many as cover it: where each of two runs is common and the text between them is
    nowhere, the runs across the seam are what says so at once.
    """
    runs = set(_runs(query, LONGEST_RUN)) or {query}
    return sorted(_spelled(run) for run in runs)[:MOST_RUNS]


def _runs(line: str, length: int) -> list[str]:
    return [line[start : start + length] for start in range(len(line) - length + 1)]


def _spelled(run: str) -> str:
    return "x".join(f"{ord(letter):x}" for letter in run)
