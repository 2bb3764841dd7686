"""The one spelling in which texts are compared, whatever keyboard, language or program they were typed with."""

import unicodedata


def folded(text: str) -> str:
    """The text without differences of case, width, composition and blanks, as a person would call it the same.

    Turkish has four i, of which other languages fold two; here they are one letter.
    """
    wide = unicodedata.normalize("NFKC", " ".join(text.split()))
    same = unicodedata.normalize("NFKC", wide.casefold())
    return " ".join(same.replace("i\u0307", "i").replace("ı", "i").split())
