"""Pipelines of tests, as files hold them."""

RIDGE = """
[folds]
n_splits = 2

[features.plain]
number = "standard"
category = "one_hot"

[level1.one]
model = "ridge"
features = "plain"
probe = false

[submit]
member = "one"
"""
