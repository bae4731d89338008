"""What may leave the house: secrets masked, names replaced by pseudonyms.

    known = Known.of_case(case.query)                   # or Known.of_answer(answer)
    with_names = Pseudonyms.load(pseudonyms_path(case_path))
    redactor = Redactor("share", known, with_names)
    redactor.learn(every_text_that_will_be_shown)       # names that only the text tells
    redactor.text(line); redactor.answer(answer); redactor.document(json_value)
    redactor.footer()                                   # what was replaced and what was not
    with_names.save(pseudonyms_path(case_path))         # mode 0600

Levels: `none` changes nothing, `secrets` masks credentials, `share` also gives hosts, addresses,
users, mails, domains, pods and GPU serials stable pseudonyms. Lines stay lines, a column stays
where it was when there is room, and what a diagnosis reads (PCI addresses, Xids, pids, versions,
exit codes, digests, times) stays as it is. Doing it twice changes nothing more.
"""

from __future__ import annotations

from triage.redact.known import Known
from triage.redact.pseudonyms import Pseudonyms, pseudonyms_path
from triage.redact.redactor import LEVELS, Level, Redactor

__all__ = ["LEVELS", "Known", "Level", "Pseudonyms", "Redactor", "pseudonyms_path"]
