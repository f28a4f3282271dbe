"""The sections of a mapping document, each as it may be written."""

from __future__ import annotations

import re
import warnings
from typing import Annotated, Literal

import phonenumbers
from pydantic import AfterValidator, ConfigDict, Discriminator, Field, PositiveInt, Tag

from importer.documents import DocumentModel, Text
from importer.mapping.source import SourceSection
from importer.model import OnInvalid, ValueType


def _check_region(region: str) -> str:
    if region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"{region} is no country code of two letters, such as CA or FR")
    return region.upper()


def _check_pattern(pattern: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a later Python may read otherwise
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"the pattern is no regular expression ({error})") from None
    return pattern


def _kind(value: object) -> str | None:
    """Tell which of its forms a member has; only that form's mistakes are worth saying."""
    if isinstance(value, dict | DocumentModel):
        return "members"
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str) else None


def _one_of(remedy: str) -> Discriminator:
    return Discriminator(_kind, custom_error_type="form", custom_error_message=remedy)


class DefaultBlank(DocumentModel):
    """``blank: {default: VALUE}``: a blank cell counts as this text."""

    default: Text


class ColumnSection(DocumentModel):
    """The long form of a column."""

    field: Annotated[
        Annotated[str, Tag("text")] | Annotated[list[str], Tag("list")],
        _one_of("write one field code, or a list of them"),
        Field(description="One field code, or several: the value goes to each."),
    ]
    type: ValueType | None = Field(None, description="Left out: what the field code implies.")
    format: Text | None = Field(
        None, description="Dates: YYYY, MM, DD, HH, mm, ss and what stands between them."
    )
    region: Annotated[str, AfterValidator(_check_region)] | None = Field(
        None, description="Phones: the country of numbers written without a country code."
    )
    values: dict[str, Text] | None = Field(None, description="Cell text: the value it stands for.")
    aliases: list[Text] = Field(default_factory=list, description="Other headers it may have.")
    required: bool = Field(False, description="A blank cell makes the row invalid.")
    blank: Annotated[
        Annotated[Literal["skip", "clear", "reject"], Tag("text")]
        | Annotated[DefaultBlank, Tag("members")],
        _one_of("write skip, clear, reject, or {default: VALUE}"),
    ] = Field("skip", description="What a blank cell means; skip leaves the field alone.")
    case: Literal["lower", "upper"] | None = None
    max_length: PositiveInt | None = Field(None, description="Longer text makes the row invalid.")
    pattern: Annotated[Text, AfterValidator(_check_pattern)] | None = Field(
        None, description="A regular expression that the whole text must match."
    )
    on_invalid: OnInvalid = Field(
        OnInvalid.REJECT, description="reject the row, or skip the field with a warning."
    )


class MergeSection(DocumentModel):
    mode: Literal["insert", "update", "upsert"] = "upsert"
    skip_duplicates: bool = False
    skip_unmatched: bool = False


class ConsentSection(DocumentModel):
    yes_to: Literal["everyone", "new", "unless-refused"]


class MappingDocument(DocumentModel):
    """Which column goes to which field of the platform, and how rows are written."""

    model_config = ConfigDict(title="importer mapping", extra="forbid", frozen=True)

    name: Annotated[Text, Field(min_length=1)]
    target: str
    connection: Text | None = None
    source: SourceSection = SourceSection()
    columns: dict[
        str,
        Annotated[
            Annotated[str, Tag("text")] | Annotated[ColumnSection, Tag("members")],
            _one_of("write a field code, ignore, or members such as {field: f_LastName}"),
        ],
    ]
    constants: dict[str, Text] = Field(default_factory=dict)
    computed: dict[str, Text] = Field(default_factory=dict)
    merge: MergeSection = MergeSection()
    consent: ConsentSection | None = None
    duplicates: Literal["last", "first", "refuse"] = "last"
    unmapped_columns: Literal["warn", "error", "ignore"] = "warn"
