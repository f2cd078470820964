"""What the examples' command lines have in common."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path


def parser(doc: str | None) -> argparse.ArgumentParser:
    """A parser that shows the first paragraph of a script's docstring, the options, the rest."""
    summary, rest = (doc or "").split("\n\n", 1)
    form = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(description=summary, epilog=rest, formatter_class=form)


def count(text: str) -> int:
    """A whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


def rate(text: str) -> float:
    """A positive number."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a positive number, not {text}")
    return number


def add_seed(to: argparse.ArgumentParser, default: int = 0) -> None:
    """--seed N"""
    to.add_argument(
        "--seed", type=int, default=default, help="of the random numbers (default: %(default)s)"
    )


def new_file(text: str, suffixes: tuple[str, ...]) -> Path:
    """A file that can be written when all is done: better said now than after a training."""
    path = Path(text)
    if path.suffix not in suffixes:
        raise argparse.ArgumentTypeError(f"{text} must end in {' or '.join(suffixes)}")
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.absolute().parent}")
    return path


def weights(text: str) -> Path:
    """The file to save a network in."""
    return new_file(text, (".npz", ".safetensors"))


def picture(text: str) -> Path:
    """The file to draw in."""
    if importlib.util.find_spec("matplotlib") is None:
        raise argparse.ArgumentTypeError("needs matplotlib: pip install 'autograd_lite[plot]'")
    return new_file(text, (".png", ".svg", ".pdf"))


def add_plot(to: argparse.ArgumentParser, what: str) -> None:
    """--plot FILE"""
    to.add_argument("--plot", type=picture, metavar="FILE", help=f"draw {what} (needs matplotlib)")
