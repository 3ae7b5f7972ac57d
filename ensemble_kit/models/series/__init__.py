"""Forecasters: models of single series, that read times and what came before."""
