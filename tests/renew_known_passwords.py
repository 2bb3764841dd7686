"""Rewrites list.txt from Django's list of common passwords: python tests/renew_known_passwords.py FOLDER."""

import gzip
import sys
import unicodedata
from pathlib import Path

LIST = Path(__file__).parents[1] / "ls/security/known_passwords/list.txt"
SHORTEST = 8  # PASSWORD_MIN_LENGTH is never lower, so shorter passwords are refused anyway
SOURCE = "django/contrib/auth/common-passwords.txt.gz"

# Words that are likely for this product, and famous phrases.
OBVIOUS = """
administrator administrator1 admin12345 admin@123 admin123456 annotate annotation annotator
changeit changeme changeme1 changeme123 correcthorsebatterystaple
correct-horse-battery-staple 5201314520 default123 guest1234 heartex1 heartex11 humansignal
label-studio label_studio labeling labelling labelstudio labelstudio1 labelstudio123 letmeinplease
opensesame p@ssw0rd p@ssword password! password1! password12 password123 password123! password1234
qwerty12345 qwertyuiop root1234 secret123 sunshine123 temp1234 test12345 trustno1 user1234
welcome1 welcome123 welcome2024 welcome2025 welcome2026 woaini1314
"""


def main(folder: Path) -> None:
    known = set(gzip.decompress((folder / SOURCE).read_bytes()).decode().splitlines()) | obvious()
    folded = {unicodedata.normalize("NFKC", word).casefold() for word in known}
    words = sorted(word for word in folded if len(word) >= SHORTEST)
    LIST.write_text("\n".join(words) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(words)} passwords\n")


def obvious() -> set[str]:
    return {*OBVIOUS.split(), "correct horse battery staple"}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
