"""Words of the page, in one line each."""

GLOSSARY = {
    "out of fold": "predicted by models that were fitted on the other folds",
    "holdout": "rows set aside before anything is fitted, scored once",
    "member": "a model on its features, or a combination of such",
    "level 1": "members fitted on the data's columns",
    "level 2": "members fitted on out-of-fold predictions of the level below",
    "convex": "a weighted mean with weights that are positive and sum to one",
    "greedy": "a mean of members taken one at a time while the score improves",
    "logit": "a weighted sum of the members' log-odds",
    "rank": "a mean of the members' ranks",
    "stack guard": "the simplest combination within one standard error of the best",
    "leaky": "checked on rows that models below have seen; a little flattering",
    "fair": "checked on rows that no model below has seen",
    "optimism": "how much better the out-of-fold score is than the holdout's",
    "strength": "how well one column alone orders or names the target, 0 to 1",
    "95 % interval": "where the number would be in 95 of 100 draws of such rows, for "
    "training and for scoring; folds share training rows, which makes it wider",
    "calibration error": "mean distance of predicted and observed shares",
}
TEXT_METRICS = {
    "exact_match": "share of texts that are right to the letter",
    "edit_distance": "mean number of characters to change until a text is the true one",
    "bleu": "how many runs of one to four words are those of the true texts, 0 to 100",
    "chrf": "how many runs of one to six characters are, found and needed, 0 to 100",
}
