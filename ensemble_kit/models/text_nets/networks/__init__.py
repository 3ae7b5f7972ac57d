"""Layers, cells and training in torch."""
