"""Small neural networks on the engine: layers, losses, optimisers, training, data and saving.

>>> net = Sequential(Affine(2, 8, init="normal", rng=0), Sigmoid(), Affine(8, 1, rng=1), Sigmoid())
>>> x, t = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]]
>>> history = fit(net, squared_error, Adam(net, 0.1), (x, t), epochs=300, progress=False)
>>> predict(net, x).round().tolist()
[[0.0], [1.0], [1.0], [0.0]]
"""

from autograd_lite.nn import datasets, initialisers, schedules
from autograd_lite.nn.activations import (
    GELU,
    Identity,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Step,
    Tanh,
)
from autograd_lite.nn.batches import (
    Batches,
    Dataset,
    batches,
    flatten,
    one_hot,
    scale_pixels,
    shuffled,
    split,
)
from autograd_lite.nn.cifar import Cifar10, load_cifar10, read_cifar10_batch
from autograd_lite.nn.convolution import Conv2d, MaxPool2d
from autograd_lite.nn.datasets import Mnist, load_digits, load_mnist, write_digits
from autograd_lite.nn.descent import descend
from autograd_lite.nn.evaluation import (
    Evaluation,
    accuracy,
    classes_of,
    confusion_matrix,
    evaluate,
    predict,
)
from autograd_lite.nn.functional import function_of
from autograd_lite.nn.idx import read_idx, write_idx
from autograd_lite.nn.initialisers import INITIALISERS
from autograd_lite.nn.layers import Affine, BatchNorm, Dropout, Flatten
from autograd_lite.nn.losses import (
    SQUARED_ERRORS,
    binary_cross_entropy,
    cross_entropy,
    negative_log_likelihood,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    squared_error,
)
from autograd_lite.nn.module import Module
from autograd_lite.nn.optimisers import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimiser,
    RMSProp,
    clip_gradients,
    gradient_descent,
)
from autograd_lite.nn.perceptron import Perceptron
from autograd_lite.nn.problems import PROBLEMS, Problem, problem
from autograd_lite.nn.saving import Saved, load, load_model, save, save_model
from autograd_lite.nn.sequential import Sequential, mlp
from autograd_lite.nn.training import EarlyStopping, History, Training, fit

__all__ = [
    "AdaGrad", "Adam", "AdamW", "Affine", "BatchNorm", "Batches", "Cifar10", "Conv2d", "Dataset",
    "Dropout", "EarlyStopping", "Evaluation", "Flatten", "GELU", "History", "INITIALISERS",
    "Identity", "LeakyReLU", "LogSoftmax", "MaxPool2d", "Mnist", "Module", "Momentum", "Nesterov",
    "Optimiser", "PROBLEMS", "Perceptron", "Problem", "RMSProp", "ReLU", "SGD", "SQUARED_ERRORS",
    "Saved", "Sequential", "Sigmoid", "Softmax", "Softplus", "Step", "Tanh", "Training", "accuracy",
    "batches", "binary_cross_entropy", "classes_of", "clip_gradients", "confusion_matrix",
    "cross_entropy", "datasets", "descend", "evaluate", "fit", "flatten", "function_of",
    "gradient_descent", "initialisers", "load", "load_cifar10", "load_digits", "load_mnist",
    "load_model", "mlp",
    "negative_log_likelihood", "one_hot", "predict", "problem", "read_cifar10_batch", "read_idx",
    "save", "save_model", "scale_pixels", "schedules", "shuffled", "sigmoid_cross_entropy",
    "softmax_cross_entropy", "split", "squared_error", "write_digits", "write_idx",
]  # fmt: skip
