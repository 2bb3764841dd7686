"""Keeps a serving process small: two heaps for all its threads, and a program that is not searched for garbage."""

import ctypes
import gc
from contextlib import suppress

# glibc's <malloc.h>. Threads take turns at the interpreter, so each needs no heap of its own; those that hash
# passwords do not, and want one whose top they can keep.
M_ARENA_MAX, HEAPS = -8, 2


def settle() -> None:
    """Call it once everything is imported, before workers are forked: they then share what they never change."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)
    gc.collect()
    gc.freeze()
