r"""How the message of an exception goes on: the words that libraries put under it.

A message ends at a blank line, a log record, a prompt. Some libraries go on regardless:

    XlaRuntimeError: INTERNAL: ...            JAX: rules, and a note on the frames that it hid
    OperationalError: (...) no such table     SQLAlchemy: the statement, its parameters
    InvalidArgumentError: Graph execution ... TensorFlow: where the node was defined, root errors
    AcceleratorError: CUDA error: ...         PyTorch: the C++ stack of c10
    Py4JJavaError: An error occurred ...      Spark: the stack of the JVM

Rows of these forms belong to the message wherever they stand; they do not count as its text.
Sources: torch/csrc/Exceptions.cpp, c10/util/Exception.cpp, jax/_src/traceback_util.py,
tensorflow/python/framework/errors_impl.py, py4j/protocol.py, pyspark/errors/exceptions/captured.py,
sqlalchemy/exc.py, numba/core/errors.py, torch/_dynamo/exc.py.
"""

from __future__ import annotations

from triage.patterns import compiled
from triage_parsers.traceback_text import Raised

OPEN_MESSAGES = (
    "Client Error", "Descriptors cannot", "IMPORTANT: PLEASE READ", "Importing the",
    "Exception encountered when calling",
)  # fmt: skip
"""Messages known to go on after a blank line (huggingface_hub, protobuf, numpy, Keras)."""

KNOWN = compiled(
    # JAX
    r"^(?:For simplicity, JAX has removed|The stack trace below excludes JAX-internal"
    r"|The preceding (?:is the original exception that occurred|stack trace is the source)"
    # SQLAlchemy
    r"|\[SQL: |\[parameters: |\(Background on this error at: "
    # PyTorch
    r"|Exception raised from .*\(most recent call first\)|frame #\d+: |C\+\+ CapturedTraceback:"
    r"|Set TORCH_LOGS=|from user code:$|You can suppress this exception and fall back to eager"
    # TensorFlow
    r"|Detected at node |\t? ?\[\[(?:\{\{)?(?:node )?[\w{/]|Node: '|\d+ root error\(s\) found\."
    r"|  \(\d\) \S|Hint: If you want to see a list of allocated|\d+ successful operations\."
    r"|\d+ derived errors? ignored\.|Caused by op |Function call stack:$|Original stack trace for "
    r"|[\w.]+ \(see above for traceback\): |<stack traces unavailable>$"
    r"|(?:Call arguments|Arguments) received by |  • \w"
    # Numba
    r"|File \"[^\"]+\", line \d+:$|During: \w|    <source elided>"
    # the JVM under Spark
    r"|: (?:[a-z]\w*\.)+[A-Z]\w*|\s+at \S+\(|\s*\.\.\. \d+ (?:more|common frames)|Caused by: \S"
    r"|(?:Driver|JVM) stacktrace:)"
)
PLACES = compiled(
    r"^(?:from user code:$|Detected at node |Caused by op |Original stack trace for "
    r"|.* defined at(?: \(most recent call last\))?:$)"
)
"""What stands below says where something was defined: its frames are no traceback."""
_JAVA = compiled(
    r"^(?:: |Caused by: )(?P<name>(?:[A-Za-z_]\w*\.)+[A-Z][\w$]*)(?:: ?(?P<message>.*))?$"
)


def java_cause(text: str) -> Raised | None:
    """The Java class that a row of the JVM's stack names as the cause."""
    found = _JAVA.match(text)
    if found is None:
        return None
    return Raised(found.group("name") or "", (found.group("message") or "").strip())
