"""Pretrained encoders whose last layers learn a target."""
