"""Processes that are none of the product's."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def aside() -> ProcessPoolExecutor:
    """A process whose memory is not the product's, and that gives way to nobody."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))
