from ensemble_kit.voting.copula_voting import copula_accuracy as copula_accuracy
from ensemble_kit.voting.diversity import measure_diversity as measure_diversity
from ensemble_kit.voting.exchangeable_voting import accuracy_limit as accuracy_limit
from ensemble_kit.voting.exchangeable_voting import (
    exchangeable_accuracy as exchangeable_accuracy,
)
from ensemble_kit.voting.voting import best_weights as best_weights
from ensemble_kit.voting.voting import simulate_vote as simulate_vote
from ensemble_kit.voting.voting import vote_accuracy as vote_accuracy
from ensemble_kit.voting.voting import vote_cases as vote_cases
from ensemble_kit.voting.voting_bounds import vote_bounds as vote_bounds
from ensemble_kit.voting.voting_plot import plot_vote as plot_vote
from ensemble_kit.voting.voting_questions import helpful_accuracy as helpful_accuracy
from ensemble_kit.voting.voting_questions import voters_needed as voters_needed
