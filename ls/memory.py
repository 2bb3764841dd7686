"""Keeps a serving process small: what was freed goes back to the system, and the program itself is not searched."""

import ctypes
import gc
from contextlib import suppress

# The names and numbers of glibc's <malloc.h>.
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
ARENAS = 1  # threads take turns at the interpreter anyway; one arena each would be torn each in its own way
MAPPED_FROM = 1024 * 1024  # bytes; left to itself glibc would, after one password hash, keep 19 MiB for the next


def settle() -> None:
    """Call it once everything is imported, before workers are forked."""
    with suppress(OSError, AttributeError):  # another C library
        libc = ctypes.CDLL(None)
        libc.mallopt(M_ARENA_MAX, ARENAS)
        libc.mallopt(M_MMAP_THRESHOLD, MAPPED_FROM)
    gc.collect()
    gc.freeze()
