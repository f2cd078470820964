"""Loops and branches that are one operation of the graph: `scan`, `map`, `while_loop`, `cond`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.transforms.calls import check_function

# what these are made of is not needed to import this package, and is imported when one is called


def scan(
    step: Callable[[Any, Any], tuple[Any, Any]],
    carry: Any,
    xs: Any = None,
    length: int | None = None,
    checkpoint: int | None = None,
) -> tuple[Any, Any]:
    """What `step` makes of a carry and each row of xs, one after the other, as one operation:

        for x in xs: carry, y = step(carry, x)

    step is run once, on stand-ins, whatever the length: what is noted of it is the program of each
    step. So a compiled function is as long for 10,000 steps as for one, and so are its derivatives.

    Args:
        step: takes a carry and a row, and returns the next carry, of the same structure, shapes
            and dtypes, and what is kept of this step, y; either may be a nest of containers, or
            None. It must not branch on numbers (use `where`). What it closes over gets its
            derivative, too.
        carry: numbers, arrays, variables, and nested containers of them. Whole numbers of
            Python's count as floats.
        xs: arrays, and nested containers of them, whose first axes are of one length; None to give
            step None, `length` times.
        length: the number of steps, where xs do not tell.
        checkpoint: keep the carry of each so many steps alone for the reverse pass, and run the
            others again when it gets there: of n steps, √n needs the least memory.

    Returns:
        (carry, ys): the last carry, and what was kept, each array with a first axis of length n.

    Raises:
        TypeError: if step does not return a pair, or a carry of another structure or dtype, or is
            steered by the numbers.
        ValueError: if it returns a carry of another shape, or xs differ in length.

    >>> import numpy as np
    >>> from autograd_lite import grad
    >>> scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
    (6.0, array([0., 1., 3.]))
    >>> grad(lambda r: scan(lambda c, _: (c * r, None), 1.0, length=10)[0])(1.0)
    10.0
    """
    check_function("scan", step)
    from autograd_lite.transforms.scanned import scanned

    return scanned(step, carry, xs, length, checkpoint)


def map_rows(f: Callable[[Any], Any], xs: Any, *, threads: int = 1) -> Any:
    """What f gives for each row of xs, one beside the other, as one operation: yᵢ = f(xᵢ).

    f is run once, on stand-ins for a row: what is noted of it is the program of each. Rows are
    independent, so that many are computed at once; a program is as long for 30,000 rows as for one.
    As `autograd_lite.map` it is not among what `from autograd_lite import *` takes.

    Args:
        f: takes a row of xs, of their structure, and returns numbers, arrays and nested containers
            of them. It must not branch on numbers (use `where` or `cond`). What it closes over
            gets its derivative, too: the sum over the rows.
        xs: arrays, and nested containers of them, whose first axes are of one length n.
        threads: how many threads compute at the same time, each some of the rows, there and on the
            way back: in functions compiled with backend="native", if they have machine code for f.

    Returns:
        What f returns, each array with a first axis of length n.

    Raises:
        TypeError: if f is steered by the numbers, or returns what is no number or array.
        ValueError: if xs differ in length, or there is to be no thread.

    >>> import numpy as np
    >>> from autograd_lite import grad
    >>> map_rows(lambda x: x @ x, np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([ 5., 25.])
    >>> grad(lambda w: np.sum(map_rows(lambda x: np.sin(w * x), np.arange(3.0))))(0.0)
    3.0
    """
    check_function("map", f)
    if not isinstance(threads, int) or threads < 1:
        raise ValueError(f"map: threads must be a whole number from 1 on, not {threads!r}")
    from autograd_lite.transforms.mapped import mapped

    return mapped(f, xs, threads)


def cond(
    predicate: Any,
    on_true: Callable[..., Any],
    on_false: Callable[..., Any],
    *operands: Any,
) -> Any:
    """on_true(*operands) where the predicate holds, on_false(*operands) where it does not, as one
    operation, of which only the branch that is taken is run.

    Where the predicate is an array, `where` chooses element by element, of both. Both functions
    are run once, on stand-ins. What they close over gets its derivative, too; of the branch that
    is not taken there is none.

    Args:
        predicate: a truth value, or a number, which holds unless it is 0; of a variable the number
            alone counts.
        on_true, on_false: take the operands, and return numbers, arrays and nested containers of
            them: both of the same structure, shapes and dtypes.
        operands: numbers, arrays, variables, and nested containers of them.

    Raises:
        TypeError: if the functions return different structures or dtypes.
        ValueError: if they return different shapes, or the predicate has axes.

    >>> import numpy as np
    >>> from autograd_lite import compile
    >>> root = compile(lambda x: cond(x > 0, lambda x: np.sqrt(x), lambda x: 0.0 * x, x))
    >>> root(4.0), root(-4.0), root.grad(4.0), root.grad(-4.0)
    (2.0, -0.0, 0.25, 0.0)
    """
    check_function("cond", on_true)
    check_function("cond", on_false)
    from autograd_lite.transforms.branched import chosen

    return chosen(predicate, on_true, on_false, operands)


def while_loop(condition: Callable[[Any], Any], body: Callable[[Any], Any], carry: Any) -> Any:
    """What `body` makes of a carry as long as `condition` of it holds, as one operation:

        while condition(carry): carry = body(carry)

    Both functions are run once, on stand-ins. For the reverse pass the carry of each step is kept,
    so that the memory is linear in the number of steps.

    Args:
        condition: takes a carry, and returns a truth value.
        body: takes a carry and returns the next one, of the same structure, shapes and dtypes.
            What it closes over gets its derivative, too.
        carry: numbers, arrays, variables, and nested containers of them. Whole numbers of
            Python's count as floats.

    Raises:
        TypeError: if body returns another structure or dtype.
        ValueError: if it returns another shape, or the condition gives an array.

    The number of steps is taken as constant: the derivative does not see that it jumps.

    >>> from autograd_lite import grad
    >>> halved = lambda x: while_loop(lambda x: x > 1.0, lambda x: x / 2.0, x)
    >>> halved(6.0), grad(halved)(6.0)
    (0.75, 0.125)
    """
    check_function("while_loop", condition)
    check_function("while_loop", body)
    from autograd_lite.transforms.branched import repeated

    return repeated(condition, body, carry)
