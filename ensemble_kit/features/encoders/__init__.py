"""Pretrained encoders: texts read by networks that have read before."""
