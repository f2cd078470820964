"""What type checkers are to refuse: each line marked so, and no other. Never run."""
# ruff: noqa: B018

from __future__ import annotations

import math

import numpy as np

from autograd_lite import Tensor, Value, add, exp

v, t = Value(2.0), Tensor([1.0, 2.0])

v.bakward()  # refused: misspelt
t.shpae  # refused: misspelt
t.tahn()  # refused: misspelt
(v * v).graad  # refused: misspelt
(t + 1.0).sum().bakward()  # refused: misspelt
t.T.shpae  # refused: misspelt
exp(v).bakward()  # refused: misspelt
add(1.0, t).shpae  # refused: misspelt
v.dat = 3.0  # refused: misspelt
v + "1"  # refused: no number
"1" + v  # refused: no number
t * None  # refused: no number
t.maximum("1")  # refused: no number
v.clip("1")  # refused: no number
t.sum(axis="0")  # refused: no axis
t.sum(axes=0)  # refused: misspelt
v.tanh(1.0)  # refused: one argument too many
exp(v, t)  # refused: one argument too many
add(v)  # refused: one argument missing
v.data = "1"  # refused: no number
v.grad = t  # refused: no number
t.data = t  # refused: its array is meant, t.detach()
Value("1")  # refused: no number
Value(v)  # refused: its number is meant
Tensor(t)  # refused: its array is meant
math.sin(v)  # refused: its graph would be lost
float(v)  # refused: its graph would be lost
int(t)  # refused: its graph would be lost
np.zeros(2)[v]  # refused: no whole number
v.shape = ()  # refused: only to be read
v.data - v.grad  # refused: there may be no gradient yet
