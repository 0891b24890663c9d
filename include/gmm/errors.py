"""The one error that means: mend your data or your settings and try again."""


class InputError(ValueError):
    """Data or settings that cannot be used; the message names the cause and the remedy.

    Trying again without a change cannot help, so the DAGs fail on it without retries.
    """


class BusyError(InputError):
    """Somebody else holds what is needed; trying again later can help, so the DAGs do."""


def one_line(text: str) -> str:
    """The text with all that would break or forge a line escaped, and spaces one by one."""
    shown = "".join(c if c.isprintable() or c.isspace() else repr(c)[1:-1] for c in text)
    return " ".join(shown.split())
