"""What is raised where a document cannot be made."""


class PublishingError(ValueError):
    """A document that cannot be made of a window; the message says what is missing and what to do."""
