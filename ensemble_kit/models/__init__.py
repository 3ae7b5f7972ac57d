"""Scikit-learn estimators: each one can be taken alone."""
