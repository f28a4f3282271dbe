"""The sections of a mapping document, each as it may be written."""

from __future__ import annotations

import re
import warnings
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    Tag,
    WithJsonSchema,
)

from importer.documents import DocumentModel, Text
from importer.field_rules import (
    Case,
    OnInvalid,
    RealDates,
    Take,
    ValueType,
)
from importer.language import mark, tr
from importer.mapping.regions import region_code
from importer.mapping.source import SourceSection


def _check_pattern(pattern: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a later Python may read otherwise
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        sentence = tr("the pattern is no regular expression ({reason})", reason=str(error))
        raise ValueError(sentence) from None
    return pattern


def _kind(value: object) -> str | None:
    """Tell which of its forms a member has; only that form's mistakes are worth saying."""
    if isinstance(value, dict | DocumentModel):
        return "members"
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str | int | float) else None


def _one_of(remedy: str) -> Discriminator:
    return Discriminator(_kind, custom_error_type="form", custom_error_message=remedy)


def _kind_of_switch(value: object) -> str | None:
    """Tell whether a member is true or false, or has members of its own."""
    return "truth" if isinstance(value, bool) else _kind(value)


def _check_page(address: str) -> str:
    if re.fullmatch(r"https?://[^\s/?#]+\S*", address) is None:
        raise ValueError(tr("a page's address is needed, such as https://example.org/thanks"))
    return address


Region = Annotated[
    str,
    AfterValidator(region_code),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]{2}$"}),
]
FilledText = Annotated[
    Text,
    Field(min_length=1),
    WithJsonSchema({"type": ["string", "number", "boolean"], "minLength": 1}),
]


class DefaultBlank(DocumentModel):
    """``blank: {default: VALUE}``: a blank cell counts as this text."""

    default: Annotated[Text, Field(description="What a blank cell counts as.")]


class OtherValue(DocumentModel):
    """``other: {value: TEXT}``: a text that ``values`` does not list counts as this one."""

    value: Annotated[Text, Field(description="What a text that is not listed counts as.")]


class RegionOfColumn(DocumentModel):
    """``region: {column: HEADER}``: another column names each row's country."""

    column: Annotated[Text, Field(description="The header; its cells hold names or codes.")]
    default: Region | None = Field(None, description="The country of rows whose cell is blank.")


class OptionsSection(DocumentModel):
    """What can be said of a field's text, wherever it comes from."""

    type: ValueType | None = Field(None, description="Left out: what the field code implies.")
    trim: StrictBool = Field(True, description="false keeps the blanks around a text.")
    replace: dict[str, Text] | None = Field(
        None, description="Text: what stands in its place, wherever it occurs, in this order."
    )
    take: Take | None = Field(
        None, description="Only a part of the text: the words are what blanks part."
    )
    values: dict[str, Text] | None = Field(None, description="Cell text: the value it stands for.")
    other: (
        Annotated[
            Annotated[Literal["reject", "keep", "leave"], Tag("text")]
            | Annotated[OtherValue, Tag("members")],
            _one_of(mark("write reject, keep, leave, or {value: TEXT}")),
        ]
        | None
    ) = Field(None, description="What becomes of a text that `values` does not list.")
    blank: Annotated[
        Annotated[Literal["skip", "clear", "reject"], Tag("text")]
        | Annotated[DefaultBlank, Tag("members")],
        _one_of(mark("write skip, clear, reject, or {default: VALUE}")),
    ] = Field("skip", description="What a blank cell means; skip leaves the field alone.")
    case: Case | None = Field(None, description="Letters; title knows O'Brien and de la Tour.")
    max_length: Annotated[StrictInt, Field(gt=0)] | None = Field(
        None, description="Longer text makes the row invalid."
    )
    truncate: StrictBool = Field(False, description="Longer text is cut instead, with a warning.")
    pattern: Annotated[Text, AfterValidator(_check_pattern)] | None = Field(
        None, description="A regular expression that the whole text must match."
    )
    format: (
        Annotated[
            Annotated[Text, Tag("text")] | Annotated[list[Text], Tag("list")],
            _one_of(mark("write one format, or a list of them")),
        ]
        | None
    ) = Field(
        None,
        description="Dates: YYYY or YY, MM, MMM, DD, HH, mm, ss and what stands between them, or "
        "excel; several in a list. Phones: e164, international or national.",
    )
    pivot: Annotated[StrictInt, Field(ge=0, le=99)] | None = Field(
        None, description="Two-digit years up to it are 20.., the others 19..."
    )
    real_dates: RealDates | None = Field(
        None,
        description="Whether the real dates of a workbook's column that also holds dates as text "
        "are right (keep), or have day and month in each other's place (swap).",
    )
    future: Literal["accept", "reject"] | None = Field(
        None, description="Whether a date may lie after today; birth dates and consents never."
    )
    region: (
        Annotated[
            Annotated[Region, Tag("text")] | Annotated[RegionOfColumn, Tag("members")],
            _one_of(mark("write a country code of two letters, or {column: HEADER}")),
        ]
        | None
    ) = Field(None, description="The country of phone numbers without code, or of postal codes.")
    extension_field: str | None = Field(
        None, description="The field that takes the extensions of phone numbers."
    )
    separator: Text | None = Field(
        None, description="What stands between the entries of a list; left out: ; or | or a line."
    )
    decimal: Literal["comma", "point"] | None = Field(
        None, description="The sign before the decimals; left out: found out, or refused."
    )
    on_invalid: OnInvalid = Field(
        OnInvalid.REJECT, description="reject the row, or skip the field with a warning."
    )
    basis: Text | None = Field(
        None, description="Of a consent: what it rests on, instead of what all consents rest on."
    )


class ColumnSection(OptionsSection):
    """The long form of a column."""

    field: Annotated[
        Annotated[str, Tag("text")] | Annotated[list[str], Tag("list")],
        _one_of(mark("write one field code, or a list of them")),
        Field(description="One field code, or several: the value goes to each."),
    ]
    aliases: list[Text] = Field(default_factory=list, description="Other headers it may have.")
    required: StrictBool = Field(False, description="A blank cell makes the row invalid.")


class ConstantSection(OptionsSection):
    """The long form of a constant."""

    value: Annotated[Text, Field(description="Text with {run.date} and {file.name}.")]


class ComputedSection(OptionsSection):
    """The long form of a computed field: one of ``template``, ``join`` and ``split``."""

    @classmethod
    def ways(cls) -> frozenset[str]:
        """Name the members that say how the field is made."""
        return frozenset(cls.model_fields) - frozenset(OptionsSection.model_fields)

    template: Text | None = Field(None, description="Text with {Header}.")
    join: list[Text] | None = Field(
        None, description="Headers; their texts are joined by `by`, blank ones are left out."
    )
    split: Text | None = Field(None, description="A header; its text is cut at `by`.")
    by: Text | None = Field(None, description="What joins, or cuts; left out: one space.")
    part: StrictInt | None = Field(
        None, description="Which part of a text that is cut: 1 is the first, -1 the last."
    )


class ConditionSection(DocumentModel):
    """What a cell must be for its row to be imported."""

    is_: Text | list[Text] | None = Field(
        None, alias="is", description="One of these texts, without regard to case."
    )
    not_: Text | list[Text] | None = Field(None, alias="not", description="None of these texts.")
    filled: StrictBool | None = Field(None, description="true: any text; false: blank.")


class RulesSection(DocumentModel):
    """What is demanded of a row as a whole; field codes, or headers that go to one field."""

    require_one_of: list[Text] | list[list[Text]] = Field(
        default_factory=list, description="At least one of these must have a value."
    )
    unique: list[Text] | list[list[Text]] = Field(
        default_factory=list,
        description="Together these may stand in one contact only, beside the key.",
    )


class MergeSection(DocumentModel):
    """Which contacts are written."""

    mode: Literal["insert", "update", "upsert"] = Field(
        "upsert", description="Contacts are added, updated, or both."
    )
    skip_duplicates: StrictBool = Field(
        False, description="The platform passes over contacts that stand in one call twice."
    )
    skip_unmatched: StrictBool = Field(
        False, description="The platform passes over contacts that it does not know."
    )
    match: Text | None = Field(
        None,
        description="Of dotdigital, where several id. fields are written: the one that finds the"
        " contact.",
    )
    option: Text | None = Field(
        None,
        description="Of dotdigital: overwrite, overwrite-if-not-empty (a blank changes nothing) or"
        " overwrite-if-empty (only what is blank in the account is written).",
    )


class ResubscribeSection(DocumentModel):
    """How people who unsubscribed are subscribed again."""

    ask_first: StrictBool = Field(
        False, description="The platform asks each of them by mail, and subscribes who says yes."
    )
    # Those that the vendor's specification of the contacts service lists.
    locale: (
        Literal[
            "cs-CS", "da-DA", "de-DE", "el-EL", "en-EN", "es-ES", "es", "fi-FI", "fr-FR", "hu-HU",
            "it-IT", "nl-NL", "nb-NO", "pl-PL", "pt-PT", "ru-RU", "se-SE", "sk-SK", "tr-TR",
            "zh-CN",
        ]
        | None
    ) = Field(None, description="The language of that mail, such as fr-FR.")  # fmt: skip
    redirect: Annotated[Text, AfterValidator(_check_page)] | None = Field(
        None, description="The page that whoever says yes is led to."
    )


class ConsentSection(DocumentModel):
    """Whose consents may be changed, and how."""

    yes_to: Literal["everyone", "new", "unless-refused"] | None = Field(
        None,
        description="Who may be set to yes: everyone, as it stands; only contacts that the run"
        " creates; or nobody whom the account says no of, or does not say a yes of.",
    )
    only: Literal["yes", "no"] | None = Field(
        None, description="Only such answers are sent; the others leave the consent alone."
    )
    resubscribe: (
        Annotated[
            Annotated[StrictBool, Tag("truth")] | Annotated[ResubscribeSection, Tag("members")],
            Discriminator(
                _kind_of_switch,
                custom_error_type="form",
                custom_error_message=mark(
                    "write true, false, or members such as {ask_first: true}"
                ),
            ),
        ]
        | None
    ) = Field(
        None,
        description="Of dotdigital: true subscribes people again who unsubscribed, where the file"
        " says yes, and they are mailed from then on; {ask_first: true} has them asked by mail.",
    )
    left_out: Literal["no"] | None = Field(
        None,
        description="Of dotdigital-v2, which takes a preference that a call leaves out for a no:"
        " no, once that is meant.",
    )
    basis: Text | None = Field(
        None,
        description="What consents rest on, as consents.csv says it to an auditor; it may hold "
        "{Header}, {run.date} and {file.name}, and is never sent.",
    )


class MappingDocument(DocumentModel):
    """Which column goes to which field of the platform, and how rows are written."""

    model_config = ConfigDict(title="importer mapping", extra="forbid", frozen=True)

    name: Annotated[FilledText, Field(description="What runs made with it are called.")]
    target: Annotated[str, Field(description="The platform, such as dialog-insight.")]
    connection: Text | None = Field(
        None, description="The only connection of importer.yaml that it may be used with."
    )
    table_id: Text | None = Field(
        None, description="Of dialog-insight-table: the relational table's number."
    )
    source: Annotated[
        SourceSection, Field(description="How the file is to be read; left out: found out.")
    ] = SourceSection()
    columns: dict[
        str,
        Annotated[
            Annotated[str, Tag("text")] | Annotated[ColumnSection, Tag("members")],
            _one_of(mark("write a field code, ignore, or members such as {field: f_LastName}")),
        ],
    ] = Field(description="Header of the file: the field that its cells go to, or ignore.")
    constants: dict[
        str,
        Annotated[
            Annotated[Text, Tag("text")] | Annotated[ConstantSection, Tag("members")],
            _one_of(mark("write a text, or members such as {value: 1, type: integer}")),
        ],
    ] = Field(default_factory=dict, description="Field: what it gets in every row.")
    computed: dict[
        str,
        Annotated[
            Annotated[Text, Tag("text")] | Annotated[ComputedSection, Tag("members")],
            _one_of(
                mark('write a text such as "{First name} {Name}", or members such as {join: […]}')
            ),
        ],
    ] = Field(default_factory=dict, description="Field: how it is made of columns.")
    when: dict[
        str,
        Annotated[
            Annotated[Text, Tag("text")]
            | Annotated[list[Text], Tag("list")]
            | Annotated[ConditionSection, Tag("members")],
            _one_of(mark("write a text, a list of texts, or {not: …} or {filled: true}")),
        ],
    ] = Field(
        default_factory=dict,
        description="Header: what its cell must be; other rows are skipped.",
    )
    rules: Annotated[RulesSection, Field(description="What is demanded of a row as a whole.")] = (
        RulesSection()
    )
    clear_token: FilledText | None = Field(
        None, description="A cell that holds this text erases its field."
    )
    suppress: list[Text] = Field(
        default_factory=list,
        description="Files with addresses, or their SHA-256, that get no yes; their place is told "
        "from the mapping's folder.",
    )
    suppress_rows: StrictBool = Field(
        False, description="Rows with such an address are left out, but for their noes."
    )
    merge: Annotated[
        MergeSection, Field(description="What the platform does with each contact.")
    ] = MergeSection()
    consent: ConsentSection | None = Field(
        None, description="Must be written wherever a yes could reach somebody who is known."
    )
    duplicates: Literal["last", "first", "refuse"] = Field(
        "last", description="Which of several good rows with one key is sent."
    )
    unmapped_columns: Literal["warn", "error", "ignore"] = Field(
        "warn", description="What columns of the file are that no entry names."
    )
