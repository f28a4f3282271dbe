"""Whether a call has the platform mail people, who would be mailed twice if it were repeated.

Documented: a contact whose double opt-in is to be verified is mailed, and so is one that is asked
before it is subscribed again. A call's own bytes tell: a text in a contact cannot hold what is
looked for, since its quotation marks are escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.model import Batch

# As the two versions of the calls spell it.
_VERIFIED = (b'"optInType":"verifiedDouble"', b'"optInType":"VerifiedDouble"')
_ASKED_AGAIN = b'"resubscribeWithNoChallenge":false'


def is_mailed(batch: Batch) -> bool:
    """Tell whether the platform mails a contact of the batch, who is to confirm something."""
    return any(is_opted_in_twice(one) or _ASKED_AGAIN in one for one in batch.contacts)


def is_opted_in_twice(contact: bytes) -> bool:
    """Tell whether a contact, as a call holds it, must confirm its double opt-in."""
    return any(words in contact for words in _VERIFIED)
