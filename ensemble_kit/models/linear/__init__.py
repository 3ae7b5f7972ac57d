"""Linear models, naive Bayes, factorization machines."""
