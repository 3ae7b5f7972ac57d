"""The members of an ensemble: how they are written, named, read and handed over."""
