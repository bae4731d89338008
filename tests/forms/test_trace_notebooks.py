"""Tracebacks of IPython, Jupyter and Colab: printed, old and new, and saved in a notebook file."""

from __future__ import annotations

import pytest

from triage.events import Fields
from triage.testing_forms import Form, Want

READ = {"exception": "LookupError", "exception_message": "no shard 7"}
LAST: Fields = {**READ, "path": "/srv/fit/data.py", "path_line": 77, "function": "fetch"}
END = "LookupError: no shard 7\n"
RULE = "---------------------------------------------------------------------------\n"
HEAD = "LookupError                               Traceback (most recent call last)\n"
NOTEBOOKS = (
    Form(
        row="IPython 8, cells and files",
        text=(
            RULE + HEAD + "Cell In[12], line 3\n      1 data = Data()\n"
            "      2 # next\n----> 3 data.fetch(7)\n\n"
            "File /srv/fit/data.py:77, in Data.fetch(self, shard)\n"
            "     76 if shard not in self.index:\n---> 77     raise LookupError(shard)\n\n" + END
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    **READ,
                    "frames": 2,
                    "path": "/srv/fit/data.py",
                    "path_line": 77,
                    "function": "Data.fetch",
                },
                (1, 12),
            ),
        ),
        near_miss=RULE + "File /srv/fit/data.py:77 was read\n----> 3 files\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="IPython 7, Input In",
        text=(
            HEAD + "Input In [12], in <cell line: 3>()\n      1 data = Data()\n"
            "----> 3 data.fetch(7)\n\n"
            "File ~/fit/data.py:77, in fetch(self, shard)\n---> 77     raise LookupError(shard)\n\n"
            + END
        ),
        wants=(Want("py.traceback", {**READ, "frames": 2, "path": "~/fit/data.py"}, (1, 9)),),
        near_miss="Input In [12] is a cell\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="old notebook, arrows give the lines",
        text=(
            RULE + HEAD + "<ipython-input-12-0f1e2d3c4b5a> in <module>()\n"
            "      1 data = Data()\n----> 2 data.fetch(7)\n\n"
            "/srv/fit/data.py in fetch(self, shard)\n"
            "     76         if shard not in self.index:\n"
            "---> 77             raise LookupError(shard)\n"
            "     78         return 1\n\n" + END
        ),
        wants=(Want("py.traceback", {**LAST, "frames": 2}, (1, 12)),),
        near_miss="/srv/fit/data.py in fetch and below\n      1 item\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="Colab, hidden frames, temporary kernel file",
        text=(
            HEAD + "/tmp/ipykernel_31/298731.py in <module>\n----> 1 fetch(7)\n\n2 frames\n"
            "/usr/local/lib/python3.7/dist-packages/fit/data.py in fetch(shard)\n"
            "---> 77     raise LookupError(shard)\n\n" + END
        ),
        wants=(Want("py.traceback", {**READ, "frames": 2, "path_line": 77}, (1, 9)),),
        near_miss="2 frames\nwere drawn\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="notebook chain",
        text=(
            RULE + "KeyError                                  Traceback (most recent call last)\n"
            "File /srv/fit/data.py:70, in find(k)\n---> 70     return self.index[k]\n\n"
            "KeyError: 7\n\n"
            "During handling of the above exception, another exception occurred:\n\n"
            + HEAD
            + "Cell In[2], line 1\n----> 1 fetch(7)\n\n"
            "File /srv/fit/data.py:77, in fetch(k)\n---> 77     raise LookupError(k)\n\n" + END
        ),
        wants=(Want("py.traceback", {**LAST, "exception_root": "KeyError", "chain": 2}, (1, 17)),),
        near_miss="KeyError and LookupError: see the Traceback (most recent call last) there\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="papermill, nbconvert",
        text=(
            "papermill.exceptions.PapermillExecutionError: \n"
            + RULE
            + 'Exception encountered at "In [12]":\n'
            + RULE
            + HEAD
            + "Cell In[12], line 1\n----> 1 fetch(7)\n\n"
            "File /srv/fit/data.py:77, in fetch(k)\n---> 77     raise LookupError(k)\n\n" + END
        ),
        wants=(Want("py.traceback", LAST, (4, 12)),),
        near_miss="papermill.exceptions are listed in the manual\n",
    ),
)

OUTPUT = (
    '     "ename": "LookupError",\n     "evalue": "no shard 7",\n     "output_type": "error",\n'
    '     "traceback": [\n'
    '      "\\u001b[0;31m---------------------------------------------------------\\u001b[0m",\n'
    '      "\\u001b[0;31mLookupError\\u001b[0m              Traceback (most recent call last)",\n'
    '      "Cell \\u001b[0;32mIn[12], line 3\\u001b[0m\\n'
    "\\u001b[1;32m      1\\u001b[0m d = Data()\\n"
    '\\u001b[0;32m----> 3\\u001b[0m d.fetch(7)\\n",\n'
    '      "File \\u001b[0;32m/srv/fit/data.py:77\\u001b[0m, in '
    "\\u001b[0;36mfetch\\u001b[0;34m(self)"
    '\\u001b[0m\\n\\u001b[0;32m---> 77\\u001b[0m     raise LookupError(shard)\\n",\n'
    '      "\\u001b[0;31mLookupError\\u001b[0m: no shard 7"\n     ]\n'
)
FILES = (
    Form(
        row="notebook file, written over many rows",
        text='{\n "cells": [\n  {\n   "outputs": [\n    {\n' + OUTPUT + "    }\n   ]\n  }\n ]\n}\n",
        wants=(Want("py.traceback", {**LAST, "frames": 2}, (6, 15)),),
        near_miss='{\n "cells": [],\n "evalue": "none",\n "ename": "none"\n}\n',
        name="fit.ipynb",
        parser="notebook",
    ),
    Form(
        row="notebook file, on one row",
        text='{"cells": [{"outputs": [{' + OUTPUT.replace("\n", " ") + "}]}]}\n",
        wants=(Want("py.traceback", {**LAST, "frames": 2}, (1, 1)),),
        near_miss='{"cells": [{"outputs": [{"text": "no evalue, no traceback"}]}]}\n',
        name="fit.ipynb",
        parser="notebook",
    ),
    Form(
        row="notebook file with a long traceback",
        text=(
            '{\n "outputs": [\n  {\n'
            + OUTPUT.replace("d = Data()", "d = Data()\\n" + "      2 # a comment, long\\n" * 30)
            + "  }\n ]\n}\n"
        ),
        wants=(Want("py.traceback", {**LAST, "frames": 2}, (4, 13)),),
        near_miss='{\n "outputs": [\n  "' + "no traceback, no evalue\\n" * 30 + '"\n ]\n}\n',
        name="fit.ipynb",
        parser="notebook",
    ),
)


@pytest.mark.parametrize("form", [*NOTEBOOKS, *FILES], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
