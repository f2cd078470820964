"""A tour of NumPy: arrays made, broadcast, sliced and reshaped, each listing run and compared.

Expect: nine listings with their results, at the end a line that counts the lines that were run and
says that all came out as printed; the exit code is 1 if one did not. Takes a second.
"""

from __future__ import annotations

import argparse
import doctest
import sys

import numpy as np

from autograd_lite import Tensor

TOUR = {
    "001-03": """
A list of ten lists of ten numbers becomes an array; numbers at random in [0, 1).

>>> np.array([[10 * i + j for j in range(10)] for i in range(10)]).shape
(10, 10)
>>> np.random.seed(0)
>>> np.random.random((3, 3))
array([[0.5488135 , 0.71518937, 0.60276338],
       [0.54488318, 0.4236548 , 0.64589411],
       [0.43758721, 0.891773  , 0.96366276]])
""",
    "001-04": """
Making arrays. A shape (2, 3) is 2 rows of 3 columns, not the other way round.

>>> np.array([1, 2, 3])
array([1, 2, 3])
>>> np.array([[1, 2, 3], [4, 5, 6]])
array([[1, 2, 3],
       [4, 5, 6]])
>>> np.zeros(4)
array([0., 0., 0., 0.])
>>> np.zeros((2, 3))
array([[0., 0., 0.],
       [0., 0., 0.]])
>>> np.random.random(4).shape, np.random.random((2, 3)).shape
((4,), (2, 3))
""",
    "001-05": """
Broadcasting: a number goes with every element, arrays of one shape go element by element.

>>> 5 + np.array([1, 2, 3])
array([6, 7, 8])
>>> np.array([1, 2, 3]) * 5
array([ 5, 10, 15])
>>> np.array([1, 2, 3]) + np.array([4, 5, 6])
array([5, 7, 9])
>>> np.array([1, 2, 3]) * np.array([4, 5, 6])
array([ 4, 10, 18])
>>> np.array([1, 2, 3]) + np.array([1, 2, 3, 4, 5])
Traceback (most recent call last):
ValueError: operands could not be broadcast together with shapes (3,) (5,)
""",
    "001-06": """
Broadcasting over axes: an axis of length 1, or one that is not there, is repeated.

>>> a = np.array([[1, 2, 3], [4, 5, 6]])
>>> 5 + a
array([[ 6,  7,  8],
       [ 9, 10, 11]])
>>> np.array([[-1], [1]]) * a
array([[-1, -2, -3],
       [ 4,  5,  6]])
>>> np.array([-1, 0, 1]) + a
array([[0, 2, 4],
       [3, 5, 7]])
>>> np.array([[-1], [1]]) * np.array([1, 2, 3])
array([[-1, -2, -3],
       [ 1,  2,  3]])

Backwards, what was repeated is added up:

>>> column, table = Tensor([[-1.0], [1.0]]), Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
>>> (column * table).sum().backward()
>>> column.grad
array([[ 6.],
       [15.]])
>>> table.grad
array([[-1., -1., -1.],
       [ 1.,  1.,  1.]])
""",
    "001-07": """
What comes out?

>>> np.array([1, 2]) * np.array([3, 4])
array([3, 8])
>>> 4 * np.array([1, 2])
array([4, 8])
>>> np.array([[1, 2], [3, 4]]) + np.array([[5, 6], [7, 8]])
array([[ 6,  8],
       [10, 12]])
>>> np.array([[1], [2], [3]]) * np.array([1, 2, 3])
array([[1, 2, 3],
       [2, 4, 6],
       [3, 6, 9]])
>>> np.array([1, 2]) * np.array([3])
array([3, 6])
>>> np.array([1, 2]) * np.array([1, 2, 3])
Traceback (most recent call last):
ValueError: operands could not be broadcast together with shapes (2,) (3,)
""",
    "001-08": """
Elements and rows.

>>> a = np.array([[1, 2, 3], [4, 5, 6]])
>>> a[0]
array([1, 2, 3])
>>> print(a[1][2], a[1, 2])
6 6
>>> a[1][1:3]
array([5, 6])
>>> a[0, 1] = 0
>>> a
array([[1, 0, 3],
       [4, 5, 6]])
>>> a.fill(0)
>>> a
array([[0, 0, 0],
       [0, 0, 0]])
""",
    "001-09": """
Slices of both axes at once, and of one after the other, which is something else.

>>> a = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
>>> a[0:2, 1:3]
array([[2, 3],
       [5, 6]])
>>> a[0:2][1:3]
array([[4, 5, 6]])

Backwards, a slice gives its gradient to where it was taken from:

>>> t = Tensor(a)
>>> t[0:2, 1:3].sum().backward()
>>> t.grad
array([[0., 1., 1.],
       [0., 1., 1.],
       [0., 0., 0.]])
""",
    "001-10": """
Shapes.

>>> a = np.array([[1, 2, 3], [4, 5, 6]])
>>> len(a), a.size, a.shape
(2, 6, (2, 3))
>>> a.reshape(3, 2)
array([[1, 2],
       [3, 4],
       [5, 6]])
>>> a.reshape(6)
array([1, 2, 3, 4, 5, 6])
>>> t = Tensor(a)
>>> (t.reshape(3, 2) * [[1.0], [2.0], [3.0]]).sum().backward()
>>> t.grad
array([[1., 1., 2.],
       [2., 3., 3.]])
""",
    "001-11": """
Functions of arrays.

>>> a = np.array([1, 2, 3])
>>> print(np.sum(a))
6
>>> np.sqrt(a)
array([1.        , 1.41421356, 1.73205081])
>>> np.exp(a)
array([ 2.71828183,  7.3890561 , 20.08553692])
>>> print(np.dot(a, np.array([4, 5, 6])))
32
>>> b = np.array([5, 9, 4, 0])
>>> print(np.max(b), np.argmax(b))
9 1
""",
}


def main(arguments: list[str] | None = None) -> int:
    """Print the tour, or one row of it, and compare; the number of the exit code."""
    summary, expect = (__doc__ or "").split("\n\n", 1)
    parser = argparse.ArgumentParser(description=summary, epilog=expect)
    parser.add_argument("--row", choices=TOUR, help="only this row (default: all)")
    row = parser.parse_args(arguments).row
    # one of NumPy's messages ends in a blank
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    for name, text in TOUR.items() if row is None else [(row, TOUR[row])]:
        print(f"--- {name}\n{text.strip()}\n")
        names = {"np": np, "Tensor": Tensor}
        listing = doctest.DocTestParser().get_doctest(text, names, name, None, None)
        runner.run(listing)
    failed, tried = runner.failures, runner.tries
    print(f"{tried} lines run: " + ("all as printed" if not failed else f"{failed} are different"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
