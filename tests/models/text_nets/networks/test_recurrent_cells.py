"""Every cell against its equations, its gradients, and tasks that need gates."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from ensemble_kit.models.text_nets.networks.recurrent_cells import CELLS, CellLayer
from ensemble_kit.models.text_nets.networks.recurrent_layers import RecurrentLayers
from ensemble_kit.models.text_nets.networks.torch_layers import initialise
from ensemble_kit.models.text_nets.networks.torch_training import Training, train

CELL_NAMES = ["rnn", "lstm", "gru", *CELLS]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def layer(cell: str, n_inputs: int = 3, n_hidden: int = 4) -> CellLayer:
    """Return a cell in float64 with random weights everywhere."""
    made = CellLayer(cell, n_inputs, n_hidden).double()
    draw = generator()
    for weight in made.parameters():
        weight.data.normal_(0, 0.7, generator=draw)
    return made


def arrays(made: CellLayer) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Return the blocks of W with their biases, and the recurrent matrices."""
    n = made.n_hidden
    weight, bias = (
        made.inputs.weight.detach().numpy(),
        made.inputs.bias.detach().numpy(),
    )
    blocks = range(0, len(weight), n)
    return (
        [weight[i : i + n] for i in blocks],
        [bias[i : i + n] for i in blocks],
        made.recurrent.detach().numpy(),
    )


def lstm_peephole(made, x, h, c):
    (Wi, Wf, Wg, Wo), (bi, bf, bg, bo), (Ui, Uf, Ug, Uo) = arrays(made)
    pi, pf, po = made.peepholes.detach().numpy()
    i = expit(Wi @ x + Ui @ h + pi * c + bi)
    f = expit(Wf @ x + Uf @ h + pf * c + bf)
    c_next = f * c + i * np.tanh(Wg @ x + Ug @ h + bg)
    o = expit(Wo @ x + Uo @ h + po * c_next + bo)
    return o * np.tanh(c_next), c_next


def lstm_peephole_full(made, x, h, c):
    (Wi, Wf, Wg, Wo), (bi, bf, bg, bo), (Ui, Uf, Ug, Uo) = arrays(made)
    Pi, Pf, Po = made.peepholes.detach().numpy()
    i = expit(Wi @ x + Ui @ h + Pi @ c + bi)
    f = expit(Wf @ x + Uf @ h + Pf @ c + bf)
    c_next = f * c + i * np.tanh(Wg @ x + Ug @ h + bg)
    o = expit(Wo @ x + Uo @ h + Po @ c_next + bo)
    return o * np.tanh(c_next), c_next


def gru_reset_before(made, x, h, c):
    (Wz, Wr, W), (bz, br, b), (Uz, Ur, U) = arrays(made)
    z, r = expit(Wz @ x + Uz @ h + bz), expit(Wr @ x + Ur @ h + br)
    return np.tanh(W @ x + U @ (r * h) + b) * (1 - z) + h * z, c


def lstm_coupled(made, x, h, c):
    (Wf, Wg, Wo), (bf, bg, bo), (Uf, Ug, Uo) = arrays(made)
    f = expit(Wf @ x + Uf @ h + bf)
    c_next = f * c + (1 - f) * np.tanh(Wg @ x + Ug @ h + bg)
    return expit(Wo @ x + Uo @ h + bo) * np.tanh(c_next), c_next


def lstm_no_forget(made, x, h, c):
    (Wi, Wg, Wo), (bi, bg, bo), (Ui, Ug, Uo) = arrays(made)
    c_next = c + expit(Wi @ x + Ui @ h + bi) * np.tanh(Wg @ x + Ug @ h + bg)
    return expit(Wo @ x + Uo @ h + bo) * np.tanh(c_next), c_next


def lstm_no_input(made, x, h, c):
    (Wf, Wg, Wo), (bf, bg, bo), (Uf, Ug, Uo) = arrays(made)
    c_next = expit(Wf @ x + Uf @ h + bf) * c + np.tanh(Wg @ x + Ug @ h + bg)
    return expit(Wo @ x + Uo @ h + bo) * np.tanh(c_next), c_next


def lstm_no_output(made, x, h, c):
    (Wi, Wf, Wg), (bi, bf, bg), (Ui, Uf, Ug) = arrays(made)
    i, f = expit(Wi @ x + Ui @ h + bi), expit(Wf @ x + Uf @ h + bf)
    c_next = f * c + i * np.tanh(Wg @ x + Ug @ h + bg)
    return np.tanh(c_next), c_next


def mut1(made, x, h, c):
    (Wz, Wr, P), (bz, br, bp), (Ur, U) = arrays(made)
    z, r = expit(Wz @ x + bz), expit(Wr @ x + Ur @ h + br)
    b = made.bias.detach().numpy()
    return np.tanh(U @ (r * h) + np.tanh(P @ x + bp) + b) * z + h * (1 - z), c


def mut2(made, x, h, c):
    (Wz, P, W), (bz, br, b), (Uz, Ur, U) = arrays(made)
    z, r = expit(Wz @ x + Uz @ h + bz), expit(P @ x + Ur @ h + br)
    return np.tanh(U @ (r * h) + W @ x + b) * z + h * (1 - z), c


def mut3(made, x, h, c):
    (Wz, Wr, W), (bz, br, b), (Uz, Ur, U) = arrays(made)
    z = expit(Wz @ x + Uz @ np.tanh(h) + bz)
    r = expit(Wr @ x + Ur @ h + br)
    return np.tanh(U @ (r * h) + W @ x + b) * z + h * (1 - z), c


LSTMS = (lstm_peephole, lstm_peephole_full, lstm_coupled)
LSTMS += (lstm_no_forget, lstm_no_input, lstm_no_output)
EQUATIONS = {f.__name__: f for f in (*LSTMS, gru_reset_before, mut1, mut2, mut3)}


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_follows_its_equations_step_by_step(cell):
    made = layer(cell)
    x = torch.randn(7, 2, 3, dtype=torch.float64, generator=generator(1))
    states = made(x)[0].detach().numpy()
    for row in range(2):
        h, c = np.zeros(4), np.zeros(4)
        for step in range(7):
            h, c = EQUATIONS[cell](made, x[step, row].numpy(), h, c)
            np.testing.assert_allclose(states[step, row], h, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_goes_on_from_the_state_that_it_returned(cell):
    made = layer(cell)
    x = torch.randn(6, 2, 3, dtype=torch.float64, generator=generator(1))
    whole, end = made(x)
    early, state = made(x[:4])
    late, last = made(x[4:], state)
    torch.testing.assert_close(torch.cat([early, late]), whole)
    torch.testing.assert_close(last, end)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_agree_with_finite_differences(cell):
    made = layer(cell, n_inputs=2, n_hidden=2)
    x = torch.randn(3, 2, 2, dtype=torch.float64, generator=generator(1))
    names, weights = zip(*made.named_parameters(), strict=True)

    def run(x, *values):
        return torch.func.functional_call(
            made, dict(zip(names, values, strict=True)), x
        )[0]

    assert torch.autograd.gradcheck(run, (x.requires_grad_(), *weights))


def stack(cell: str, **changes) -> RecurrentLayers:
    """Return initialised layers in float64."""
    options = {
        "n_inputs": 3,
        "n_hidden": 4,
        "n_layers": 2,
        "bidirectional": True,
        "residual": True,
        "dropout": 0.0,
        "norm": "layer",
    }
    made = RecurrentLayers(cell, **{**options, **changes}).double()
    initialise(made, generator())
    return made


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_padding_is_read_in_neither_direction(cell):
    made = stack(cell)
    x = torch.randn(3, 6, 3, dtype=torch.float64, generator=generator())
    lengths = torch.tensor([6, 2, 4])
    noisy = x.clone()
    noisy[1, 2:], noisy[2, 4:] = 1e3, -1e3
    one, two = made(x, lengths), made(noisy, lengths)
    for row, length in enumerate(lengths):
        assert torch.equal(one[row, :length], two[row, :length])


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_both_directions_equal_torch_on_packed_sequences(cell):
    made = stack(cell, n_layers=1, residual=False, norm="none")
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    packed = kind(3, 4, bidirectional=True, batch_first=True).double()
    for part, tail in ((made.ahead[0], ""), (made.back[0], "_reverse")):
        for name, weight in part.named_parameters():
            getattr(packed, name + tail).data.copy_(weight)
    x = torch.randn(3, 5, 3, dtype=torch.float64, generator=generator())
    lengths = torch.tensor([5, 3, 1])
    wrap = torch.nn.utils.rnn
    out = packed(wrap.pack_padded_sequence(x, lengths, batch_first=True))[0]
    wanted = wrap.pad_packed_sequence(out, batch_first=True)[0]
    got = made(x, lengths)
    for row, length in enumerate(lengths):
        torch.testing.assert_close(got[row, :length], wanted[row, :length])


def test_the_two_forms_of_the_gru_agree_where_nothing_is_reset():
    behind, ahead = (stack(cell, **ONE_WAY).ahead[0] for cell in TWO_GRUS)
    reset, update, new = (slice(i, i + 4) for i in (0, 4, 8))
    for ours, theirs in ((0, update), (1, reset), (2, new)):
        rows = slice(4 * ours, 4 * ours + 4)
        ahead.inputs.weight.data[rows] = behind.weight_ih_l0.data[theirs]
        ahead.inputs.bias.data[rows] = behind.bias_ih_l0.data[theirs]
        ahead.recurrent.data[ours] = behind.weight_hh_l0.data[theirs]
    x = torch.randn(5, 2, 3, dtype=torch.float64, generator=generator())
    assert (ahead(x)[0] - behind(x)[0]).abs().max() > 1e-3
    for bias in (ahead.inputs.bias.data[4:8], behind.bias_ih_l0.data[reset]):
        bias += 50.0
    torch.testing.assert_close(ahead(x)[0], behind(x)[0])


TWO_GRUS = ("gru", "gru_reset_before")
ONE_WAY = {"n_layers": 1, "bidirectional": False, "residual": False, "norm": "none"}


@pytest.mark.parametrize(
    "cell", ["lstm", "lstm_peephole", "lstm_peephole_full", "lstm_coupled"]
)
def test_forget_gates_start_open(cell):
    first = stack(cell).ahead[0]
    bias = first.bias_ih_l0 if cell == "lstm" else first.inputs.bias
    gate = 0 if cell == "lstm_coupled" else 1
    assert bias.tolist() == [float(i // 4 == gate) for i in range(len(bias))]


def test_an_unknown_cell_gets_a_suggestion():
    with pytest.raises(ValueError, match="did you mean 'lstm'"):
        stack("lsmt")


class Adder(torch.nn.Module):
    """A cell and a line that reads its last state."""

    def __init__(self, cell: str):
        super().__init__()
        self.layers = RecurrentLayers(cell, 2, 16, 1, False, False, 0.0, "none")
        self.line = torch.nn.Linear(16, 1)

    def forward(self, x):
        lengths = torch.full((len(x),), x.shape[1])
        return self.line(self.layers(x, lengths)[:, -1])[:, 0]


def adding_problem(seed: int, n_rows: int = 24, length: int = 13):
    """Return random numbers of which two are marked, and the sum of those two."""
    draw, rows = generator(seed), torch.arange(n_rows)
    values = torch.rand(n_rows, length, generator=draw)
    marks = torch.zeros(n_rows, length)
    for start in (0, length // 2):
        place = torch.randint(length // 2, (n_rows,), generator=draw)
        marks[rows, start + place] = 1
    return torch.stack([values, marks], -1), (values * marks).sum(1)


def adding_error(cell: str) -> float:
    """Return the squared error after 170 steps; 1/6 is that of a constant."""
    network = Adder(cell)
    initialise(network, generator())

    def loss(seed: int) -> torch.Tensor:
        x, y = adding_problem(seed)
        return ((network(x) - y) ** 2).mean()

    training = Training(
        epochs=1, schedule_epochs=1, learning_rate=0.04, optimizer="adam", ema=0.9
    )
    train(network, lambda epoch: range(170), loss, training)
    with torch.no_grad():
        return float(np.mean([loss(10_000 + i).item() for i in range(8)]))


UNABLE = ("rnn", "lstm_no_input")  # what they read, they write


@pytest.mark.parametrize("cell", [name for name in CELL_NAMES if name not in UNABLE])
def test_gated_cells_learn_the_adding_problem(cell):
    assert adding_error(cell) < 0.02


@pytest.mark.parametrize("cell", UNABLE)
def test_cells_that_cannot_choose_what_they_write_do_not(cell):
    assert adding_error(cell) > 0.1
