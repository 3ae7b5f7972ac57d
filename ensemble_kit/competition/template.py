"""What a submission must look like."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class SubmissionTemplate:
    """Columns, ids and spelling of a submission, as sample_submission has them.

    Parameters
    ----------
    form : {"classes", "probability", "label", "value"}
    id_column : str
    columns : tuple of str
        All columns in the file's order.
    outputs : tuple of str
        The column of each class in the order of the task's classes for ``classes``,
        else the one column of the target.
    ids : tuple of str
        In the file's order, byte for byte.
    spelling : tuple of str
        How each class is written in a submission of labels.
    """

    form: str
    id_column: str
    columns: tuple[str, ...]
    outputs: tuple[str, ...]
    ids: tuple[str, ...]
    spelling: tuple[str, ...] = ()

    def for_ids(self, ids: tuple[str, ...]) -> "SubmissionTemplate":
        """Return the template of other rows."""
        return replace(self, ids=ids)
