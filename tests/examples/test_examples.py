"""The examples run, print what they say they print, and refuse what makes no sense."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from example_runs import FOLDER, PNG, SCRIPTS, Load, Run, number

from autograd_lite import is_recording
from autograd_lite.nn import load, save

# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_what_to_expect(name: str, script: Load, capsys) -> None:
    with pytest.raises(SystemExit) as end:
        script(name).main(["--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert "usage:" in said
    assert "\nExpect" in said
    assert "Expect" in (script(name).__doc__ or "")


def test_scripts_run_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, str(FOLDER / "xor_predict.py"), str(FOLDER / "xor_weights.npz")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == PRINTED
    assert not done.stderr


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("xor_train", ["--epochs", "0"]),
        ("xor_train", ["--lr", "nan"]),
        ("xor_train", ["--plot", "loss.txt"]),
        ("xor_train", ["--plot", "no/folder/loss.png"]),
        ("xor_train", ["--save", "xor.pkl"]),
        ("regression_sgd", ["--low", "1", "--high", "0"]),
        ("pythagoras", ["--layers", "0"]),
        ("perceptron", ["--epochs", "-3"]),
        ("mnist", ["--conv", "--hidden", "10"]),
        ("mnist", ["--loss", "absolute"]),
        ("cifar10", ["--batch-size", "half"]),
        ("xor_predict", []),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else part,
)
def test_senseless_command_lines(refuse: Run, name: str, arguments: list[str]) -> None:
    assert "error: " in refuse(name, *arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "missing"),
    [
        ("xor_train", ["--plot", "a.png"], "matplotlib"),
        ("mnist", [], "sklearn"),
        ("gradient_check", [], "sklearn"),
    ],
)
def test_what_is_not_installed_is_named(
    refuse: Run, monkeypatch: pytest.MonkeyPatch, name: str, arguments: list[str], missing: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda wanted: None)
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setitem(sys.modules, f"{missing}.datasets", None)
    assert "pip install 'autograd_lite[" in refuse(name, *arguments)


# ---------------------------------------------------------------- XOR

PRINTED = """\
in: [ 0.  0.]  ->  out: 0 (0.00486784050737)
in: [ 0.  1.]  ->  out: 1 (0.997805826021)
in: [ 1.  0.]  ->  out: 1 (0.997805828447)
in: [ 1.  1.]  ->  out: 0 (0.00486784050737)
"""
WEIGHTS = {
    "W1": np.array([[1.0, -1.0], [-1.0, 1.0]]),
    "b1": np.zeros((1, 2)),
    "W2": np.array([[11.439979286866958], [11.439978178779722]]),
    "b2": np.array([[-5.3202251408423775]]),
}


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_xor_predict_prints_the_article_s_lines(run: Run, tmp_path: Path, suffix: str) -> None:
    save(tmp_path / f"w.{suffix}", WEIGHTS)
    assert run("xor_predict", tmp_path / f"w.{suffix}") == PRINTED


def test_the_weights_beside_the_script_are_these() -> None:
    saved = load(FOLDER / "xor_weights.npz")
    assert saved.keys() == WEIGHTS.keys()
    for name, array in WEIGHTS.items():
        np.testing.assert_array_equal(saved[name], array)


def test_xor_predict_refuses_other_files(refuse: Run, tmp_path: Path) -> None:
    assert "No such file" in refuse("xor_predict", tmp_path / "none.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 and no more")
    assert "broken.npz" in refuse("xor_predict", tmp_path / "broken.npz")
    assert ".npz or .safetensors" in refuse("xor_predict", FOLDER / "options.py")
    save(tmp_path / "other.npz", {"W": np.zeros(3)})
    assert "not W1, b1, W2, b2" in refuse("xor_predict", tmp_path / "other.npz")
    save(tmp_path / "wide.npz", {**WEIGHTS, "W1": np.zeros((3, 2))})
    assert "no network 2-h-1" in refuse("xor_predict", tmp_path / "wide.npz")
    save(tmp_path / "sine.npz", WEIGHTS, {"hidden": "sine"})
    assert "'sine'" in refuse("xor_predict", tmp_path / "sine.npz")


def test_xor_is_trained_saved_and_predicted_with(run: Run, tmp_path: Path) -> None:
    file, plot = tmp_path / "xor.npz", tmp_path / "xor.png"
    printed = run("xor_train", "--save", file, "--plot", plot)
    assert number(r"loss after 5000 epochs: (\S+)", printed) < 1e-3
    assert plot.read_bytes().startswith(PNG)
    lines = run("xor_predict", file)
    assert printed.startswith(lines)
    assert [line.split("out: ")[1][0] for line in lines.splitlines()] == ["0", "1", "1", "0"]


def test_xor_by_the_article_s_recipe(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "xor.safetensors"
    printed = run("xor_train", "--article", "--epochs", 30, "--save", file, code=1)
    assert "XOR was not learnt" in printed
    assert number(r"loss after 30 epochs: (\S+)", printed) == pytest.approx(0.5, abs=0.01)
    shapes = {name: array.shape for name, array in load(file).items()}
    assert shapes == {"W1": (2, 3), "b1": (1, 3), "W2": (3, 1), "b2": (1, 1)}


# ---------------------------------------------------------------- small ones


def test_forward_passes(run: Run) -> None:
    printed = run("forward_passes")
    for words in ("[1.4 2.2 3. ]", "[1.56  3.222]", "output total: 4.782", "[1.031364 1.33884 ]",
                  "A = B + X·W = [26. 32.]"):  # fmt: skip
        assert words in printed
    assert "[7.1 7.2 7.3]" in run("forward_passes", "--weights", "ones")
    assert "[0.52497919 0.549834   0.57444252]" in run("forward_passes", "--weights", "zeros")
    for kind in ("random", "integers"):
        first, second = (run("forward_passes", "--weights", kind, "--seed", s) for s in (1, 2))
        assert first != second


def test_regression(run: Run, tmp_path: Path) -> None:
    printed = run("regression_sgd", "--plot", tmp_path / "loss.svg")
    assert number(r"last 100 losses: (\S+)", printed) < 2e-3
    assert number(r"on a grid: (\S+)", printed) < 0.15
    assert b"<svg" in (tmp_path / "loss.svg").read_bytes()
    assert (
        number(r"last 100 losses: (\S+)", run("regression_sgd", "--activation", "sigmoid")) < 0.01
    )


def test_regression_that_runs_away_says_so(run: Run, tmp_path: Path) -> None:
    wide = ("--low", -5, "--high", 5, "--plot", tmp_path / "loss.png")
    assert "--lr 0.07 is too large" in run("regression_sgd", *wide, code=1)
    assert not (tmp_path / "loss.png").exists()
    assert number(r"last 100 losses: (\S+)", run("regression_sgd", *wide, "--lr", 0.001)) < 1


def test_pythagoras(run: Run, tmp_path: Path) -> None:
    printed = run("pythagoras", "--iterations", 1000, "--plot", tmp_path / "loss.png")
    assert "     1 6.493026424222\n" in printed
    assert "   100 1.155231125633\n" in printed
    assert number(r"  1000 (\S+)", printed) == pytest.approx(0.23610000885, rel=1e-6)
    assert (tmp_path / "loss.png").read_bytes().startswith(PNG)
    deeper = run("pythagoras", "--layers", 3, 3, "--iterations", 100)
    assert "     1 2.594195924481\n" in deeper


def test_perceptron(run: Run, tmp_path: Path) -> None:
    printed = run("perceptron", "--plot", tmp_path / "boundary.png")
    for words in ("69 cm: S", "69.5 cm: M", "(0.0, 0.0) -> 1", "(-1.0, 0.5) -> 0",
                  "AND  learnt in 6 epochs", "XOR  never", "3 corners of 4", 
                  "[0, 1, 1, 0]"):  # fmt: skip
        assert words in printed
    assert (tmp_path / "boundary.png").read_bytes().startswith(PNG)
    assert "AND  never" in run("perceptron", "--epochs", 5)


def test_gradient_descent(run: Run, tmp_path: Path) -> None:
    printed = run("gradient_descent", "--plot", tmp_path / "bowl.png")
    assert number(r"   0\.1     20 .* (\S+)\n", printed) == pytest.approx(0.00332307, rel=1e-8)
    for name in ("surface", "field", "paths"):
        assert (tmp_path / f"bowl-{name}.png").read_bytes().startswith(PNG)
    hardly = run("gradient_descent", "--lr", 1e-10, "--steps", 100)
    assert "-2.99999994      3.99999992" in hardly


def test_gradient_check(run: Run) -> None:
    assert number(r"more than (\S+)", run("gradient_check", "--hidden", 10)) < 1e-9
    assert (
        number(r"more than (\S+)", run("gradient_check", "--hidden", 5, "--steps", 1, code=1)) > 0
    )


def test_gradient_check_notices_a_wrong_gradient(script, capsys, monkeypatch) -> None:
    module = script("gradient_check")
    right = module.softmax_cross_entropy

    def doubled(x, t):
        return right(x, t) * (2 if is_recording() else 1)

    monkeypatch.setattr(module, "softmax_cross_entropy", doubled)
    assert module.main(["--hidden", "5", "--steps", "1e-5"]) == 1


def test_losses(run: Run) -> None:
    printed = run("losses")
    for words in ("right: 0.097500", "wrong: 0.827500", "right: 0.510825", "wrong: 16.118096",
                  "half_sum: 0.03", "half_mean: 0.01", "0.2231435511892097", "0.63903",
                  "6.7093133068", "binary      Sigmoid     sigmoid_cross_entropy"):  # fmt: skip
        assert words in printed


def test_affine_by_hand(run: Run) -> None:
    printed = run("affine_by_hand")
    for words in ("[[ 8 22 32]\n [ 5 10 14]\n [ 9 22 32]]", "[[ 6. 11.]", "[[8. 8. 8.]", "\n9.0\n",
                  "must have Y's shape (3, 3), not ()", "checked: right"):  # fmt: skip
        assert words in printed


def test_affine_by_hand_notices_a_wrong_backward(script, capsys, monkeypatch) -> None:
    module = script("affine_by_hand")

    def transposed(self, dY):
        dX = np.asarray(dY) @ self.W.T
        self.dW, self.db = self.X.T @ dY, np.asarray(dY)[0]  # the row sum is forgotten
        return dX

    monkeypatch.setattr(module.Affine, "backward", transposed)
    assert module.main([]) == 1
    assert "checked: WRONG" in capsys.readouterr().out


def test_activations(run: Run, tmp_path: Path) -> None:
    lines = run("activations", "--plot", tmp_path / "curves.png").splitlines()
    at_0 = next(line for line in lines if line.startswith("  0.00000"))
    assert [float(x) for x in at_0.split()] == [0, 0.5, 0.25, 0, 0, 0, 1, 0, 0]
    assert (tmp_path / "curves.png").read_bytes().startswith(PNG)
