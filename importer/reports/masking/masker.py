"""Reports for sending to others: whatever tells of a person becomes a pseudonym.

Equal texts have equal pseudonyms throughout a run and others in every other run: they are made with
a key of the run's own, without which nobody can find a person by trying texts. Row numbers, codes,
fields, headers and names of files stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.blanks import folded
from importer.issues import MESSAGES, IssueCode, message
from importer.language import english, tr
from importer.model import Outcome
from importer.reports.masking.kept_rows import DecidingIssue, KeptCells, deciding_issues
from importer.reports.masking.pseudonyms import Pseudonyms
from importer.reports.masking.scrubbing import OWN_ENDS, Words, bare_path, scrubbed, words_of
from importer.row_results import DECIDING

if TYPE_CHECKING:
    from importer.journal import Call
    from importer.reports.summary import FileSummary, Summary
    from importer.row_results import RowResults
    from importer.run_folder import RunFolder, RunSettings
    from importer.tables import TableDescription

_TEXT = pa.large_string()
# What the details of these tell is of the mapping or of the table, never of a cell.
_OF_NO_CELL = frozenset({
    IssueCode.ROW_TOO_SHORT, IssueCode.ROW_TOO_LONG, IssueCode.DELIMITER_DIFFERS,
    IssueCode.DUPLICATE_KEY, IssueCode.DUPLICATE_REFUSED, IssueCode.CONSENT_CONFLICT,
    IssueCode.CONSENT_DATE_ALONE, IssueCode.NOTHING_TO_WRITE, IssueCode.ONE_OF_MISSING,
    IssueCode.NOT_UNIQUE, IssueCode.SUPPRESSED, IssueCode.ROW_TOO_LARGE, IssueCode.VALUE_TOO_LONG,
    IssueCode.VALUE_TRUNCATED, IssueCode.DATE_INVALID, IssueCode.VALUE_NOT_MATCHING,
    IssueCode.OTHER_TABLE,
})  # fmt: skip
# The details of these are what is sent in a cell's place.
_OF_A_CELL = frozenset({
    IssueCode.PHONE_EXTENSION_DROPPED, IssueCode.PHONE_ZERO_RESTORED,
    IssueCode.POSTAL_ZERO_RESTORED,
})  # fmt: skip
_DUPLICATES = frozenset({IssueCode.DUPLICATE_KEY, IssueCode.DUPLICATE_REFUSED})


class Masker:
    """Takes the persons out of what the reports of one run are written of.

    Results and issues are each given once, in row order. ``key``: 32 bytes of the run's own.
    """

    def __init__(
        self, folder: RunFolder, tables: Sequence[TableDescription], *, key: bytes
    ) -> None:
        self._folder = folder
        self._pseudonyms = Pseudonyms(key)
        self.text = self._pseudonyms.of_text
        self.key = self._pseudonyms.of_key
        self._names = _names_of(tables)
        self._known = frozenset(
            folded(name)
            for table in tables
            for name in (*table.columns, table.sheet, table.file, self._names[table.file])
        )
        self._cells = KeptCells(folder)
        self._deciding = deciding_issues(folder)

    # --- texts ------------------------------------------------------------------------------------

    def sentence(self, sentence: str) -> str:
        """Take out of a sentence what may quote a cell, whichever row it is about."""
        return self._scrub(sentence, frozenset())

    def file(self, name: str) -> str:
        """Name a file without the folders that it lies in on this machine."""
        return self._names.get(name) or bare_path(name)

    def _scrub(
        self,
        sentence: str,
        words: Words,
        *,
        others: Words = frozenset(),
        numbers: bool = False,
    ) -> str:
        return scrubbed(
            self._renamed(sentence),
            words,
            mask=self.text,
            others=others,
            known=self._known,
            numbers=numbers,
        )

    def _renamed(self, sentence: str) -> str:
        """Name our files in a sentence without their folders."""
        for whole, name in self._names.items():
            if whole != name:
                sentence = sentence.replace(whole, name)
        return sentence

    # --- what is read of the run ------------------------------------------------------------------

    def tables(self, tables: Sequence[TableDescription]) -> tuple[TableDescription, ...]:
        """Name each table's file without its folders."""
        return tuple(replace(table, file=self._names[table.file]) for table in tables)

    def results(self, results: RowResults) -> RowResults:
        """Mask the results of the next rows."""
        end, outcomes = self._ends(results)
        return replace(
            results,
            key=_mapped(results.key, self.key),
            end=end,
            outcomes=outcomes,
            batch=_mapped(results.batch, self._pseudonyms.of_batch),
            record_id=_mapped(results.record_id, self.text),
            reasons={},
            noes={},
            withheld={},
        )

    def issues(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Mask the issues of a run, in row order: values and details."""
        cells = KeptCells(self._folder)
        for batch in batches:
            codes, values, details = (
                batch.column(name).to_pylist() for name in ("code", "value", "detail")
            )
            rows = batch.column("row").to_numpy()
            risky = [bool(d) and c not in _OF_NO_CELL for c, d in zip(codes, details, strict=True)]
            words = cells.of(rows[np.array(risky, dtype=bool)])
            told = [
                self._detail(code, value or "", detail, words.get(row, frozenset()))
                for row, code, value, detail in zip(
                    rows.tolist(), codes, values, details, strict=True
                )
            ]
            masked = {"value": _mapped(batch.column("value"), self.text), "detail": told}
            yield pa.record_batch(
                [
                    pa.array(masked[one.name], one.type)
                    if one.name in masked
                    else batch.column(one.name)
                    for one in batch.schema
                ],
                schema=batch.schema,
            )

    def _detail(self, code: str, value: str, detail: str | None, words: Words) -> str | None:
        if not detail:
            return detail
        if code in _OF_NO_CELL:
            return self._renamed(detail)
        if code in _OF_A_CELL:
            return self.text(detail)
        return self._scrub(detail, words | words_of([value]), numbers=True)

    def places(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Mask the keys of the rows of a run, where they are read beside its issues."""
        for batch in batches:
            at = batch.schema.get_field_index("key")
            if at >= 0:
                columns = list(batch.columns)
                columns[at] = _mapped(columns[at], self.key)
                batch = pa.record_batch(columns, schema=batch.schema)
            yield batch

    def call(self, call: Call) -> Call:
        """Of what stood in a call's way, only the status of HTTP is told."""
        status = re.search(r"HTTP [1-5]\d\d\b", call.message)
        told = status.group() if status else ""
        return replace(call, message=told, batch=self._pseudonyms.of_batch(call.batch))

    # --- what a row came to -----------------------------------------------------------------------

    def _ends(self, results: RowResults) -> tuple[NDArray[np.int32], list[Outcome]]:
        """Make the rows' ends anew, each sentence of the row's own masked texts."""
        last = results.first + len(results.table)
        decided = self._deciding.until(last)
        open_ends = [at for at, one in enumerate(results.outcomes) if not _quotes_nobody(one)]
        where = np.flatnonzero(np.isin(results.end, open_ends))
        words = self._cells.of(results.first + where)
        others = frozenset[str]().union(*words.values())  # a platform may mix rows up
        outcomes = [self._renamed_end(one) for one in results.outcomes]
        for at in open_ends:
            outcomes[at] = replace(outcomes[at], message="")  # no row is left that has it
        known = {one: at for at, one in enumerate(outcomes)}
        end = results.end.copy()
        for at in where.tolist():
            row, one = results.first + at, results.outcomes[results.end[at]]
            told = self._said(one, decided.get(row, ()), words.get(row), others)
            made = replace(one, message=told)
            place = known.setdefault(made, len(outcomes))
            if place == len(outcomes):
                outcomes.append(made)
            end[at] = place
        return end, outcomes

    def _renamed_end(self, one: Outcome) -> Outcome:
        return replace(one, message=self._renamed(one.message))

    def _said(
        self, one: Outcome, issues: Sequence[DecidingIssue], words: Words | None, others: Words
    ) -> str:
        """Say what a row came to: by its issue, else in the platform's words without its cells."""
        for issue in issues:
            if DECIDING[issue.severity] is one.verdict and issue.code == one.code:
                known = words if words is not None else frozenset()
                return message(
                    issue.code,
                    column=issue.column,
                    field=issue.field,
                    value=self.text(issue.value),
                    detail=self._detail(issue.code, issue.value, issue.detail, known),
                )
        if words is None:  # nobody knows any more what its cells were
            return self.text(one.message)
        return self._scrub(one.message, words, others=others)

    # --- the whole run ----------------------------------------------------------------------------

    def summary(self, summary: Summary) -> Summary:
        """Take out of a summary who ran it, where, and what may quote a cell."""
        own = not summary.message or summary.stopped_because in {"", *OWN_ENDS}
        why = summary.message if own else tr("What stood in the way is left out of masked reports.")
        sentences = {
            self.sentence(plain): self.sentence(said)
            for plain, said in summary.sentences.items()
            if own or plain != summary.message
        }
        if not own:
            sentences[english(why)] = str(why)
        return summary.model_copy(
            update={
                "url": "",
                "operator": "",
                "note": "",
                "message": self.sentence(english(why)),
                "warnings": tuple(self.sentence(warning) for warning in summary.warnings),
                "sentences": {plain: said for plain, said in sentences.items() if plain != said},
                "files": tuple(self._file_summary(one) for one in summary.files),
                "folder": "",
            }
        )

    def _file_summary(self, one: FileSummary) -> FileSummary:
        warnings = tuple(self.sentence(warning) for warning in one.warnings)
        return one.model_copy(
            update={"path": self.file(one.path), "sha256": "", "warnings": warnings}
        )

    def settings(self, settings: RunSettings) -> RunSettings:
        """Take out of a run's settings who ran it, and where."""
        files = tuple(
            one.model_copy(update={"path": self.file(one.path), "absolute": "", "sha256": ""})
            for one in settings.files
        )
        lists = tuple(
            one.model_copy(update={"path": bare_path(one.path), "absolute": "", "sha256": ""})
            for one in settings.suppression
        )
        return settings.model_copy(
            update={
                "operator": "",
                "note": "",
                "connection": None,
                "mapping_file": bare_path(settings.mapping_file),
                "files": files,
                "suppression": lists,
                "passed_over": tuple(self.sentence(one) for one in settings.passed_over),
            }
        )


def _quotes_nobody(one: Outcome) -> bool:
    """Tell whether an end's sentence is ours, and of no cell."""
    if one.code in _DUPLICATES or not one.message or not one.code:
        return True
    if one.code not in MESSAGES:
        return False
    template = MESSAGES[IssueCode(one.code)]
    return "{" not in template and one.message == tr(template)


def _names_of(tables: Sequence[TableDescription]) -> dict[str, str]:
    """Name each file without its folders where these are told; no two alike."""
    names: dict[str, str] = {}
    for table in tables:
        if table.file not in names:
            name = bare_path(table.file)
            twins = sum(bare_path(other) == name for other in names)
            names[table.file] = f"{name} ({twins + 1})" if twins else name
    return names


def _mapped(column: Any, mask: Callable[[str], str]) -> Any:
    """Mask a column of text, each distinct text once."""
    coded = pc.dictionary_encode(pc.cast(column, _TEXT))
    texts = [mask(text) for text in coded.dictionary.to_pylist()]
    return pa.array(texts, _TEXT).take(coded.indices)
