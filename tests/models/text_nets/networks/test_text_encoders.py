"""Stacked delays: what a layer sees, and that padding is nothing."""

import torch

from ensemble_kit.models.text_nets.networks.text_encoders import DelayEncoder


def encoder(widths=(3, 3, 3), pooling="last", residual=False) -> DelayEncoder:
    made = DelayEncoder(2, 4, widths, residual, pooling).double()
    draw = torch.Generator().manual_seed(0)
    for weight in made.parameters():
        # Above zero, so that no unit is silent.
        weight.data.uniform_(0.1, 0.5, generator=draw)
    return made


def made(network: DelayEncoder, x: torch.Tensor, lengths: list[int]) -> torch.Tensor:
    return network(x, torch.tensor(lengths), torch.zeros(x.shape[:2], dtype=int))


def test_layers_see_neighbours_that_are_twice_as_far_apart_each():
    network = encoder()
    x = torch.rand(1, 20, 2, dtype=torch.float64, requires_grad=True)
    made(network, x, [20]).sum().backward()
    seen = x.grad.abs().sum(-1)[0].nonzero()[:, 0].tolist()
    # 1 + 2 + 4 places back from the last token.
    assert seen == list(range(12, 20))


def test_a_layer_is_the_sum_that_its_definition_says():
    network = encoder(widths=(3, 3))
    x = torch.rand(1, 6, 2, dtype=torch.float64)
    below = torch.zeros(10, 4, dtype=torch.float64)
    first, second = network.convolutions
    padded = torch.cat([torch.zeros(1, 2), x[0], torch.zeros(1, 2)]).double()
    for place in range(6):
        window = padded[place : place + 3].T
        below[place + 2] = torch.relu((first.weight * window).sum((1, 2)) + first.bias)
    window = below[[5, 7, 9]].T
    wanted = torch.relu((second.weight * window).sum((1, 2)) + second.bias)
    torch.testing.assert_close(made(network, x, [6])[0], wanted)


def test_what_stands_beside_a_text_does_not_move_it():
    network = encoder(widths=(3, 2, 5), pooling="max+mean", residual=True)
    x = torch.rand(2, 9, 2, dtype=torch.float64)
    alone = made(network, x[:1, :4], [4])
    torch.testing.assert_close(made(network, x, [4, 9])[:1], alone)
