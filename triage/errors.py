"""What can go wrong in a way that a human must act on.

    TriageError
    ├── UsageError        the call is wrong, or nothing could be read: exit status 2
    ├── BundleError       the bundle cannot be opened at all
    ├── ReadError         one file, or the rest of it, cannot be read; the others can
    ├── LimitExceeded     the input is larger, deeper or denser than the limits allow
    ├── SignatureError    a file of the knowledge base says something that we do not understand
    ├── SuppressionError  a file of suppressions says something that we do not understand
    ├── StoreError        a store of results or of bundles does not answer, or says something odd
    └── CaseError         a case cannot be opened, written or queried

The message says which file, where in it, and what to do. What a room can survive (one bad file
among many) it records as a warning instead of raising.
"""

from __future__ import annotations


class TriageError(Exception):
    """The root of the tree: all that a face catches and shows in one line."""


class UsageError(TriageError):
    """The call is wrong, or nothing could be read."""


class BundleError(TriageError):
    """The bundle cannot be opened at all."""


class ReadError(TriageError):
    """One file, or the rest of it, cannot be read."""


class LimitExceeded(TriageError):  # noqa: N818 - "exceeded" says it; "Error" would add nothing
    """The input is larger, deeper or denser than the limits allow."""


class SignatureError(TriageError):
    """A file of the knowledge base says something that we do not understand."""


class SuppressionError(TriageError):
    """A file of suppressions says something that we do not understand."""


class StoreError(TriageError):
    """A store of results or of bundles does not answer; asked again later, it may."""


class CaseError(TriageError):
    """A case cannot be opened, written or queried."""
