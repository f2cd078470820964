"""`fit`: train a model on samples, batch by batch and epoch by epoch."""

from __future__ import annotations

import math
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any

import numpy as np

from autograd_lite.engine.arrays import frozen
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.variable import is_variable
from autograd_lite.nn.batches import Batches, Rng, batches
from autograd_lite.nn.compiled_updates import CompiledLoss
from autograd_lite.nn.evaluation import evaluate
from autograd_lite.nn.module import Module
from autograd_lite.nn.optimisers import Optimiser

Loss = Callable[[Any, Any], Any]
Accuracy = Callable[[Any, Any], float]


@dataclass(repr=False)
class History:
    """How a training went; the lists have an entry an epoch, `updates` an entry an update."""

    loss: list[float] = field(default_factory=list)
    """The mean of the epoch's losses, each computed before its update, weighted by batch size."""
    accuracy: list[float] = field(default_factory=list)
    """The same of the accuracies; empty if none was asked for."""
    validation_loss: list[float] = field(default_factory=list)
    """The loss on the validation samples after each epoch; empty without them."""
    validation_accuracy: list[float] = field(default_factory=list)
    """The accuracy on the validation samples after each epoch."""
    updates: list[float] = field(default_factory=list)
    """The loss of every update, computed before it."""
    stopped: str | None = None
    """Why it ended before the last epoch: "early stopping", "interrupted", "callback"; or None."""

    def __repr__(self) -> str:
        lists = ("loss", "accuracy", "validation_loss", "validation_accuracy")
        shown = [
            f"{name.replace('_', ' ')} {numbers[0]:.4g} → {numbers[-1]:.4g}"
            for name in lists
            if (numbers := getattr(self, name))
        ]
        if self.stopped is not None:
            shown.append(f"stopped by {self.stopped}")
        epochs = "1 epoch" if len(self.loss) == 1 else f"{len(self.loss)} epochs"
        return f"<History of {epochs}: {', '.join(shown)}>" if shown else f"<History of {epochs}>"


@dataclass
class Training:
    """A training under way: what callbacks get."""

    model: Module
    optimiser: Optimiser
    history: History
    epoch: int = 0
    """The number of the epoch, from 1."""

    def stop(self, why: str = "callback") -> None:
        """Let the training end after the update under way."""
        if self.history.stopped is None:
            self.history.stopped = why


@dataclass
class EarlyStopping:
    """When to stop: validation has not become better for `patience` epochs.

    Better is a higher accuracy, or a lower loss where no accuracy is computed; a tie is not
    better. As it stands: stop as soon as acc <= the previous acc, and keep the last weights.

    Args:
        patience: after how many epochs in a row that are not better.
        against: "previous" compares with the epoch before, "best" with the best so far.
        restore_best: put back the parameters of the best epoch at the end.
    """

    patience: int = 1
    against: str = "previous"
    restore_best: bool = False

    def __post_init__(self) -> None:
        if self.patience < 1 or self.against not in ("previous", "best"):
            raise ValueError(
                "EarlyStopping: patience must be at least 1 and `against` 'previous' or 'best', "
                f"not {self.patience} and {self.against!r}"
            )


def fit(
    model: Module,
    loss: Loss,
    optimiser: Optimiser,
    data: Any,
    epochs: int = 1,
    batch_size: int | None = None,
    *,
    shuffle: bool = True,
    drop_tail: bool = False,
    rng: Rng | int | None = None,
    accuracy: Accuracy | None = None,
    validation: tuple[Any, Any] | None = None,
    early_stopping: EarlyStopping | bool = False,
    callbacks: Iterable[Callable[[Training], Any]] = (),
    after_update: Callable[[Training], Any] | None = None,
    progress: bool | None = None,
    compile: bool | str = False,
) -> History:
    """Train a model: for each batch, forward, loss, backward, one step of the optimiser.

    While it runs the inputs and targets are read-only, which spares the engine copies of them.
    Whether an update follows the sum or the mean of the samples' gradients is the loss's
    reduction: `functools.partial(squared_error, reduction="sum")`. Ctrl-C ends the training after
    the update under way and keeps what has been learnt; a second Ctrl-C interrupts at once.

    Args:
        model: is changed in place, and left in the mode (train or eval) that it was in.
        loss: a function (outputs, targets) -> scalar.
        optimiser: made with the model's parameters.
        data: inputs and targets, `(x, t)`; or `batches(…)`, which then decides for itself.
        epochs: how often all samples are gone through.
        batch_size: samples an update: 1 is online learning, None all of them.
        shuffle, drop_tail, rng: as in `batches`.
        accuracy: a function (outputs, targets) -> share, such as `nn.accuracy`.
        validation: (x, t) on which loss and accuracy are computed after each epoch.
        early_stopping: True for `EarlyStopping()` as it stands, or one of your own.
        callbacks: functions called after each epoch with the `Training`; `.stop()` ends it.
        after_update: a function called likewise after each update.
        progress: whether to show a progress bar (needs tqdm, the extra `train`); by default,
            where tqdm is installed and the standard error is a terminal.
        compile: whether to trace the loss and its gradients once and run them as a program from
            then on, which is faster (see `autograd_lite.compile`); or the name of its back end,
            such as "native". The model must do the same for each batch: no Dropout, no BatchNorm.

    Raises:
        ValueError: if arguments do not fit; the model has not been changed then.

    >>> from autograd_lite.nn import Affine, SGD, squared_error
    >>> line = Affine([[0.0]], 0.0)
    >>> history = fit(line, squared_error, SGD(line, 0.1), ([[1.0], [2.0]], [[3.0], [5.0]]), 500)
    >>> line.W.data.round(3), float(line.b.data.round(3))
    (array([[2.]]), 1.0)
    """
    if epochs < 0:
        raise ValueError(f"fit: epochs must not be negative, but are {epochs}")
    if early_stopping and validation is None:
        raise ValueError("fit: early stopping needs validation=(x, t)")
    options: dict[str, Any] = {"shuffle": shuffle, "drop_tail": drop_tail, "rng": rng}
    if isinstance(data, Batches):
        source = data
    else:
        inputs, targets = data
        source = batches(inputs, targets, batch_size, **options)
    backend = compile if isinstance(compile, str) else None
    compiled = CompiledLoss(model, loss, backend) if compile else None
    training = Training(model, optimiser, History())
    stopper = _Stopper(EarlyStopping() if early_stopping is True else early_stopping)
    was_training = model.training
    _keep_freed_memory()
    with (
        _bar(progress, epochs, source) as bar,
        _interruptible(training),
        _read_only(source.inputs, source.targets),
    ):
        inputs, targets = (frozen(a.view(), copy=False) for a in (source.inputs, source.targets))
        source = replace(source, inputs=inputs, targets=targets)
        while training.epoch < epochs and training.history.stopped is None:
            training.epoch += 1
            model.train()
            _epoch(training, source, compiled or loss, accuracy, after_update, bar)
            if validation is not None and training.history.stopped != "interrupted":
                _validate(training, validation, loss, accuracy)
                stopper.look(training)
            for callback in callbacks:
                callback(training)
    stopper.finish(training)
    model.train(was_training)
    return training.history


def _keep_freed_memory() -> None:
    """Have freed arrays kept for the next update, not given back to the system.

    Freeing one large block raises the size above which glibc does that (mallopt(3),
    M_MMAP_THRESHOLD: it adapts); without it an update can spend half its time on page faults.
    Nothing is written to the block, so that it costs nothing; elsewhere it has no effect.
    """
    np.empty(32 * 2**20 - 2**16, np.uint8)


_lent: dict[int, tuple[int, bool]] = {}  # id -> how many trainings hold it, and its flag before
_lending = threading.Lock()


@contextmanager
def _read_only(*arrays: Array) -> Iterator[None]:
    """Inside, nobody can write to the arrays; several trainings may share them."""
    with _lending:
        for array in arrays:
            count, before = _lent.get(id(array), (0, array.flags.writeable))
            _lent[id(array)] = count + 1, before
            array.flags.writeable = False
    try:
        yield
    finally:
        with _lending:
            for array in arrays:
                count, before = _lent.pop(id(array))
                if count > 1:
                    _lent[id(array)] = count - 1, before
                else:
                    array.flags.writeable = before


def _epoch(
    training: Training,
    source: Batches,
    loss: Loss | CompiledLoss,
    accuracy: Accuracy | None,
    after_update: Callable[[Training], Any] | None,
    bar: Any,
) -> None:
    """One pass over the samples."""
    history = training.history
    samples = 0
    total = right = 0.0
    for x, t in source:
        value, share = _update(training, x, t, loss, accuracy)
        history.updates.append(value)
        samples += len(x)
        total += value * len(x)
        right += share * len(x)
        if bar is not None:
            bar.update()
        if after_update is not None:
            after_update(training)
        if history.stopped is not None:
            break
    history.loss.append(total / samples)
    if accuracy is not None:
        history.accuracy.append(right / samples)
    if bar is not None:
        bar.set_description(f"epoch {training.epoch}, loss {history.loss[-1]:.4g}")


def _update(
    training: Training, x: Array, t: Array, loss: Loss | CompiledLoss, accuracy: Accuracy | None
) -> tuple[float, float]:
    """One step: the loss, and the share that was right."""
    if isinstance(loss, CompiledLoss):
        number, y, gradients = loss(x, t)
        found = {id(p): g for p, g in zip(loss.parameters, gradients, strict=True)}
        training.optimiser.step([found.get(id(p)) for p in training.optimiser.parameters])
        return float(number), accuracy(y, t) if accuracy is not None else 0.0
    training.optimiser.zero_grad()
    y = training.model(x)
    value = loss(y, t)
    if not is_variable(value):
        raise TypeError(
            f"fit: the loss is a plain {type(value).__name__}, which depends on no parameter: is "
            "everything frozen, or was the graph cut by .data or detach()?"
        )
    value.backward()
    share = accuracy(y, t) if accuracy is not None else 0.0
    number = value.item()
    del y, value  # with the graph gone, the parameters can change in place
    training.optimiser.step()
    return number, share


def _validate(
    training: Training, validation: tuple[Any, Any], loss: Loss, accuracy: Accuracy | None
) -> None:
    found = evaluate(training.model, *validation, loss, accuracy)
    training.history.validation_loss.append(found.loss)
    if found.accuracy is not None:
        training.history.validation_accuracy.append(found.accuracy)


class _Stopper:
    """Early stopping: watches the validation scores."""

    def __init__(self, rule: EarlyStopping | bool) -> None:
        self.rule = rule if isinstance(rule, EarlyStopping) else None
        self.mark = -math.inf  # what the next score must exceed
        self.worse = 0  # epochs in a row that did not
        self.best = -math.inf
        self.state: dict[str, Array] | None = None

    def look(self, training: Training) -> None:
        """After an epoch: stop the training if the rule says so."""
        if self.rule is None:
            return
        history = training.history
        scores = history.validation_accuracy
        score = scores[-1] if scores else -history.validation_loss[-1]
        self.worse = 0 if score > self.mark else self.worse + 1
        if self.rule.restore_best and score > self.best:
            self.state = training.model.state()
        self.best = max(self.best, score)
        self.mark = score if self.rule.against == "previous" else self.best
        if self.worse >= self.rule.patience:
            training.stop("early stopping")

    def finish(self, training: Training) -> None:
        """At the end: put back the best parameters, if that was asked for."""
        if self.state is not None:
            training.model.load_state(self.state)


@contextmanager
def _interruptible(training: Training) -> Iterator[None]:
    """Inside, the first Ctrl-C stops the training after the update under way."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: FrameType | None) -> None:
        training.stop("interrupted")
        signal.signal(signal.SIGINT, before)

    if before is None:  # somebody outside Python handles it
        yield
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(progress: bool | None, epochs: int, source: Batches) -> Iterator[Any]:
    """A progress bar, or None."""
    if progress is False or (progress is None and not sys.stderr.isatty()):
        yield None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        if progress:
            raise ImportError(
                "fit: a progress bar needs tqdm: pip install 'autograd_lite[train]'"
            ) from None
        yield None
        return
    with tqdm(total=epochs * len(source), unit="update") as bar:
        yield bar
