"""Outcomes on disk: one letter a row, its record id, and the few rows that need words."""

from __future__ import annotations

import orjson

from importer.model import Outcome, Verdict

_LETTERS = {
    Verdict.CREATED: "c",
    Verdict.UPDATED: "u",
    Verdict.ACCEPTED: "a",
    Verdict.SKIPPED: "s",
    Verdict.REJECTED: "r",
    Verdict.UNKNOWN: "?",
}
_VERDICTS = {letter: verdict for verdict, letter in _LETTERS.items()}


def packed(outcomes: tuple[Outcome, ...]) -> bytes:
    words = [
        (place, o.code, o.field, o.message)
        for place, o in enumerate(outcomes)
        if o.code or o.field or o.message
    ]
    return orjson.dumps(
        {
            "verdicts": "".join(_LETTERS[o.verdict] for o in outcomes),
            "ids": [o.record_id for o in outcomes] if any(o.record_id for o in outcomes) else [],
            "words": words,
        }
    )


def unpacked(blob: bytes) -> tuple[Outcome, ...]:
    content = orjson.loads(blob)
    verdicts = [_VERDICTS[letter] for letter in content["verdicts"]]
    ids = content["ids"] or [""] * len(verdicts)
    outcomes = [Outcome(v, record_id=i) for v, i in zip(verdicts, ids, strict=True)]
    for place, code, field, said in content["words"]:
        outcomes[place] = Outcome(verdicts[place], code, field, said, ids[place])
    return tuple(outcomes)
