"""Recurrent cells for which torch has no fused kernel, as plain loops over time.

With x the input, h the state, c the memory, s the logistic function and * the
product of elements:

lstm_peephole (Gers and Schmidhuber 2000)
    i = s(Wi x + Ui h + pi * c + bi)
    f = s(Wf x + Uf h + pf * c + bf)
    c' = f * c + i * tanh(Wg x + Ug h + bg)
    o = s(Wo x + Uo h + po * c' + bo)
    h' = o * tanh(c')
lstm_peephole_full: the same with matrices Pi, Pf and Po in place of pi, pf and po, so
    that every gate sees every memory, not its own alone
lstm_coupled (Greff et al. 2017): an LSTM whose input gate is 1 - f
    c' = f * c + (1 - f) * tanh(Wg x + Ug h + bg)
    h' = s(Wo x + Uo h + bo) * tanh(c')
lstm_no_forget, lstm_no_input, lstm_no_output (Jozefowicz, Zaremba and Sutskever 2015;
    Greff et al. 2017): an LSTM that lacks one gate, which is then 1
    no forget gate: c' = c + i * tanh(Wg x + Ug h + bg)
    no input gate:  c' = f * c + tanh(Wg x + Ug h + bg)
    no output gate: h' = tanh(c')
gru_reset_before (Cho et al. 2014): the state is reset before its matrix
    z = s(Wz x + Uz h + bz)
    r = s(Wr x + Ur h + br)
    h' = tanh(W x + U(r * h) + b) * (1 - z) + h * z
    "gru" itself is torch's and cuDNN's, which resets behind the matrix:
    h' = tanh(W x + b + r * (U h + d)) * (1 - z) + h * z
mut1, mut2, mut3 (Jozefowicz, Zaremba and Sutskever 2015)
    mut1: z = s(Wz x + bz)
          r = s(Wr x + Ur h + br)
          h' = tanh(U(r * h) + tanh(x) + b) * z + h * (1 - z)
    mut2: z = s(Wz x + Uz h + bz)
          r = s(x + Ur h + br)
          h' = tanh(U(r * h) + W x + b) * z + h * (1 - z)
    mut3: z = s(Wz x + Uz tanh(h) + bz)
          r = s(Wr x + Ur h + br)
          h' = tanh(U(r * h) + W x + b) * z + h * (1 - z)

Where mut1 and mut2 use x itself, it is projected to the size of h first.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]
Step = Callable[["CellLayer", Tensor, State], State]


class CellLayer(nn.Module):
    """One direction of one layer of a cell.

    Parameters
    ----------
    cell : str
        A name of ``CELLS``.
    n_inputs, n_hidden : int
    """

    def __init__(self, cell: str, n_inputs: int, n_hidden: int):
        super().__init__()
        gates, recurrent, self.step = CELLS[cell]
        self.cell = cell
        self.n_hidden = n_hidden
        self.inputs = nn.Linear(n_inputs, gates * n_hidden)
        self.recurrent = nn.Parameter(torch.empty(recurrent, n_hidden, n_hidden))
        if cell in PEEPHOLES:
            shape = (n_hidden,) * PEEPHOLES[cell]
            self.peepholes = nn.Parameter(torch.empty(3, *shape))
        if cell == "mut1":
            self.bias = nn.Parameter(torch.empty(n_hidden))

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the states of all steps, (steps, rows, n_hidden), and the last one.

        Mixed precision is switched off: its gain is small and the memory's loss not.

        Parameters
        ----------
        x : Tensor of shape (steps, rows, n_inputs)
        state : tuple, optional
            What is gone on from; zeros by default.
        """
        with torch.autocast(x.device.type, enabled=False):
            inputs = self.inputs(x.to(self.recurrent.dtype))
            if state is None:
                zero = inputs.new_zeros(x.shape[1], self.n_hidden)
                state = zero, zero
            states = []
            for now in inputs:
                state = self.step(self, now, state)
                states.append(state[0])
            return torch.stack(states), state

    def matrices(self) -> Tensor:
        """Return the recurrent matrices side by side, for one product."""
        return self.recurrent.reshape(-1, self.n_hidden).T


def lstm_peephole(layer: CellLayer, now: Tensor, state: State) -> State:
    """Return the next state of an LSTM whose gates see the memory."""
    h, c = state
    i, f, g, o = (now + h @ layer.matrices()).chunk(4, dim=-1)
    pi, pf, po = layer.peepholes
    c_next = torch.sigmoid(f + pf * c) * c + torch.sigmoid(i + pi * c) * torch.tanh(g)
    return torch.sigmoid(o + po * c_next) * torch.tanh(c_next), c_next


def lstm_peephole_full(layer: CellLayer, now: Tensor, state: State) -> State:
    """Return the next state of an LSTM whose gates see the whole memory."""
    h, c = state
    i, f, g, o = (now + h @ layer.matrices()).chunk(4, dim=-1)
    pi, pf, po = layer.peepholes
    forget, written = torch.sigmoid(f + c @ pf.T), torch.sigmoid(i + c @ pi.T)
    c_next = forget * c + written * torch.tanh(g)
    return torch.sigmoid(o + c_next @ po.T) * torch.tanh(c_next), c_next


def lstm_coupled(layer: CellLayer, now: Tensor, state: State) -> State:
    """Return the next state of an LSTM that writes where it forgets."""
    h, c = state
    f, g, o = (now + h @ layer.matrices()).chunk(3, dim=-1)
    c_next = torch.lerp(torch.tanh(g), c, torch.sigmoid(f))
    return torch.sigmoid(o) * torch.tanh(c_next), c_next


def lstm_no_forget(layer: CellLayer, now: Tensor, state: State) -> State:
    """Return the next state of an LSTM that forgets nothing."""
    h, c = state
    i, g, o = (now + h @ layer.matrices()).chunk(3, dim=-1)
    c_next = c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c_next), c_next


def lstm_no_input(layer: CellLayer, now: Tensor, state: State) -> State:
    """Return the next state of an LSTM that writes all it reads."""
    h, c = state
    f, g, o = (now + h @ layer.matrices()).chunk(3, dim=-1)
    c_next = torch.sigmoid(f) * c + torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c_next), c_next


def lstm_no_output(layer: CellLayer, now: Tensor, state: State) -> State:
    """Return the next state of an LSTM that shows its whole memory."""
    h, c = state
    i, f, g = (now + h @ layer.matrices()).chunk(3, dim=-1)
    c_next = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.tanh(c_next), c_next


def gru_reset_before(layer: CellLayer, now: Tensor, state: State) -> State:
    """Return the next state of a GRU that resets the state before its matrix."""
    h, c = state
    z, r, own = now.chunk(3, dim=-1)
    gate, reset, update = layer.recurrent
    z = torch.sigmoid(z + h @ gate.T)
    r = torch.sigmoid(r + h @ reset.T)
    new = torch.tanh((r * h) @ update.T + own)
    return torch.lerp(new, h, z), c


def mut1(layer: CellLayer, now: Tensor, state: State) -> State:
    """Return the next state of MUT1."""
    h, c = state
    z, r, x = now.chunk(3, dim=-1)
    reset, update = layer.recurrent
    r = torch.sigmoid(r + h @ reset.T)
    new = torch.tanh((r * h) @ update.T + torch.tanh(x) + layer.bias)
    return torch.lerp(h, new, torch.sigmoid(z)), c


def mut2(layer: CellLayer, now: Tensor, state: State) -> State:
    """Return the next state of MUT2."""
    h, c = state
    z, r, own = now.chunk(3, dim=-1)
    gate, reset, update = layer.recurrent
    z = torch.sigmoid(z + h @ gate.T)
    r = torch.sigmoid(r + h @ reset.T)
    new = torch.tanh((r * h) @ update.T + own)
    return torch.lerp(h, new, z), c


def mut3(layer: CellLayer, now: Tensor, state: State) -> State:
    """Return the next state of MUT3."""
    h, c = state
    z, r, own = now.chunk(3, dim=-1)
    gate, reset, update = layer.recurrent
    z = torch.sigmoid(z + torch.tanh(h) @ gate.T)
    r = torch.sigmoid(r + h @ reset.T)
    new = torch.tanh((r * h) @ update.T + own)
    return torch.lerp(h, new, z), c


# Per cell: blocks of the input projection, recurrent matrices, the step.
CELLS: dict[str, tuple[int, int, Step]] = {
    "lstm_peephole": (4, 4, lstm_peephole),
    "lstm_peephole_full": (4, 4, lstm_peephole_full),
    "lstm_coupled": (3, 3, lstm_coupled),
    "lstm_no_forget": (3, 3, lstm_no_forget),
    "lstm_no_input": (3, 3, lstm_no_input),
    "lstm_no_output": (3, 3, lstm_no_output),
    "gru_reset_before": (3, 3, gru_reset_before),
    "mut1": (3, 2, mut1),
    "mut2": (3, 3, mut2),
    "mut3": (3, 3, mut3),
}
# Which block of the projection is the forget gate.
FORGET_GATES = {
    "lstm_peephole": 1,
    "lstm_peephole_full": 1,
    "lstm_coupled": 0,
    "lstm_no_input": 0,
    "lstm_no_output": 1,
}
PEEPHOLES = {"lstm_peephole": 1, "lstm_peephole_full": 2}  # axes of each
