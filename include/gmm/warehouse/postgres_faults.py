"""What PostgreSQL and its driver say of failures: which pass by themselves, and what to do."""

from __future__ import annotations

import re

from adbc_driver_manager import Error

from include.gmm.errors import one_line

# Classes and codes of SQLSTATE (PostgreSQL's documentation, appendix A) that another attempt may
# not meet: connections, serialisation and deadlocks, resources, an operator's restart, locks.
_PASSING = re.compile(r"08(000|001|003|004|006)|40...|53[034]..|57P0[123]|55P03|58...")
# And what libpq says where there is no code, because there is no server.
_GONE = re.compile(
    r"connection refused|connection timed out|timeout expired|could not connect|no route to host|"
    r"closed the connection|connection reset|terminating connection|server is starting|"
    r"starting up|shutting down|too many clients|not yet accepting|recovery mode|no connection|"
    r"could not receive data|could not send data|broken pipe|eof detected|network is unreachable|"
    r"temporary failure in name resolution|connection .*lost|connection not open",
    re.IGNORECASE,
)
_LASTING = re.compile(
    r"authentication failed|no pg_hba\.conf entry|does not exist|no password supplied|"
    r"not permitted|permission denied",
    re.IGNORECASE,
)
_ADVICE = {
    "42501": "give the role this right (docs/deploying.md has the statements)",
    "55P03": "somebody else holds it; end that session, or try again later",
    "53100": "the server's disk is full",
    "2BP01": "drop or change what depends on it, then try again",
}


def passes(error: BaseException) -> bool:
    """Whether the same may succeed a little later."""
    if not isinstance(error, Error):
        return False
    if _LASTING.search(str(error)):
        return False
    code = error.sqlstate
    return bool(_PASSING.fullmatch(code) if code else _GONE.search(str(error)))


def in_words(error: BaseException) -> str:
    """One line: what the server said, and what to do where that is known."""
    code = getattr(error, "sqlstate", None)
    text = re.sub(r"^[A-Z_]+: (\[libpq\] )?", "", str(error))
    text = re.sub(r"^Failed to (execute|prepare) query( '.*?')?: ", "", text, flags=re.DOTALL)
    text = re.sub(r"postgres(ql)?://\S+", "(address)", text)
    said = one_line(text.strip().splitlines()[0]).rstrip(". ")
    return f"{said}; {_ADVICE[code]}" if code in _ADVICE else said
