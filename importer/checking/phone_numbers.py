"""One phone number: its text taken apart, judged by phonenumbers, and written in a form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from importer.blanks import WIDTHLESS
from importer.field_rules import PhoneForm
from importer.language import mark, tr

_FORMATS = {
    PhoneForm.E164: PhoneNumberFormat.E164,
    PhoneForm.INTERNATIONAL: PhoneNumberFormat.INTERNATIONAL,
    PhoneForm.NATIONAL: PhoneNumberFormat.NATIONAL,
}
_LONGEST = 60
# What people and their word processors write for a space and a hyphen.
SPACES = (
    " \t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\ufe58\ufe63\uff0d"
_WIDTHLESS = WIDTHLESS + "\u00ad"
_PLAIN = str.maketrans(
    dict.fromkeys(SPACES, " ") | dict.fromkeys(HYPHENS, "-") | dict.fromkeys(_WIDTHLESS, "")
)
_RUNS = re.compile(r"([ .,;])\1{2,}")  # which cost phonenumbers the square of their length
_EXTENSION_NAMES = "extension|extn|ext|poste|post|po|p|int|x"
_EXTENSION = re.compile(
    rf"(?i)(?:(?<![^\W\d_])(?:{_EXTENSION_NAMES})\s*[.:#=]*|#)\s*(?P<digits>[0-9]{{1,7}})\s*\)?$"
)
_ANY_EXTENSION = re.compile(rf"(?i)(?:(?<![^\W\d_])(?:{_EXTENSION_NAMES})\s*[.:#=]*|#)\s*[0-9]+")
# What people write beside a number to say which one it is. A fax is no number to call.
_LABEL = (
    "(?:t[ée]l(?:[ée]phone)?|phone|cell?(?:ulaire|ular|phone)?|mob(?:ile)?|port(?:able)?|gsm"
    "|bur(?:eau)?|trav(?:ail)?|work|office|pro(?:fessionnel)?|dom(?:icile)?|maison|home"
    "|r[ée]s(?:idence)?|perso(?:nnel)?|principal|main|direct)"
)
_LABELS_BEFORE = re.compile(rf"(?i)[(\[]?(?:{_LABEL}(?!\w)[ .:)\]-]*){{1,2}}")
_LABELS_BEHIND = re.compile(rf"(?i)(?<![^\W\d_]){_LABEL}(?:[ .]+{_LABEL})?[ .:]*[)\]]?$")
_BEFORE_A_NOTE = " \t\r\n,;:(/[-"
_LONGEST_UNNAMED = 6  # longer ones could be a second number without its area
_BETWEEN_NUMBERS = re.compile(r"[^\W\d_]+|[/;,|&\r\n]|\s-\s|(?=\+)")
_FEWEST_DIGITS, _MOST_DIGITS = 8, 15  # of one of several numbers
_MOST_GROUPS = 6  # of digits in one number
_TAILED = re.compile(r"\+?[0-9]+[.,]0+")
_SHORTENED = re.compile(r"(?i)[0-9]([.,][0-9]+)?e\+?[0-9]+")

# At home, France and its territories dial one another alike, but each territory has a country code
# of its own. The first digits, without the zero, that belong to territories.
OVERSEAS_OF_FRANCE = "^(?:26[239]|508|59[046]|598[789]|639|69[0-467]|70[89])"
_OVERSEAS = re.compile(OVERSEAS_OF_FRANCE)
_OVERSEAS_CODES = (590, 596, 594, 262, 508)
_FRENCH_REGIONS = frozenset({"FR", "GP", "BL", "MF", "MQ", "GF", "RE", "YT"})
_FRANCE, _SAINT_PIERRE, _SAINT_PIERRE_AREA = 33, 508, "508"


class NoNumberError(ValueError):
    """A text holds no number. ``str`` gives the reason, in the language that is spoken then.

    ``template``: the reason, as ``tr`` takes it. ``values``: what its places hold.
    """

    def __init__(self, template: str, values: Mapping[str, object] | None = None) -> None:
        super().__init__(template, values)
        self._template = template
        self._values = values or {}

    def __str__(self) -> str:
        return tr(self._template, **self._values)


class NoCountryError(NoNumberError):
    """A text has no country code, and its country is not known."""


class SeveralNumbersError(NoNumberError):
    """A text holds several numbers; its sentence says how many."""


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """A number that can exist. ``zero_lost``: the text lacks the zero that calls at home need."""

    number: PhoneNumber
    extension: str
    zero_lost: bool


@lru_cache(maxsize=65_536)  # the distinct texts of a chunk: its numbers and extensions are asked
def reading_of(text: str, region: str | None) -> ReadNumber | NoNumberError:
    """Give what ``read_number`` gives or raises; a text that is asked for twice is read once."""
    try:
        return read_number(text, region)
    except NoNumberError as error:
        return type(error)(*error.args)  # without the frames that the raised one holds on to


def read_number(text: str, region: str | None) -> ReadNumber:
    """Read a number as people of a country write it; None: only with its country code.

    Raises:
        SeveralNumbersError: when the text holds several; it says how many.
        NoCountryError: when only its country would tell.
        NoNumberError: when it holds none.
    """
    if len(text) > _LONGEST:
        raise NoNumberError(mark("it is too long for one number"))
    text = _plain(text)
    if _TAILED.fullmatch(text):
        raise NoNumberError(
            mark(
                "a spreadsheet wrote it with decimals: give its column the format text, and type "
                "it again"
            )
        )
    if _SHORTENED.fullmatch(text):
        raise NoNumberError(
            mark(
                "a spreadsheet shortened it, and its last digits are lost: give its column the "
                "format text, and type it again"
            )
        )
    bare, extension = _without_notes(text)
    try:
        return _read_one(bare, extension, region)
    except NoNumberError:
        several = _numbers_in(text)
        if several > 1:
            raise SeveralNumbersError(mark("{several} numbers"), {"several": several}) from None
        raise


def write_number(number: PhoneNumber, form: PhoneForm, region: str | None) -> str:
    """Write a number without its extension.

    The national form is only for numbers of the region's own numbering: others need their country
    code to be understood, and are written internationally.
    """
    abroad = region is None or number.country_code != country_code_of(region)
    if form is PhoneForm.NATIONAL and abroad:
        form = PhoneForm.INTERNATIONAL
    return phonenumbers.format_number(number, _FORMATS[form])


@lru_cache(maxsize=512)
def country_code_of(region: str) -> int:
    """Give a region's calling code; 0 where it has none."""
    return phonenumbers.country_code_for_region(region)


def _plain(text: str) -> str:
    """Write spaces and hyphens of every kind as the ordinary ones, and no long runs of signs."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _RUNS.sub(r"\1\1", text.translate(_PLAIN).strip())


def _without_notes(text: str) -> tuple[str, str]:
    """Take apart a number, without what says whose it is, and its extension."""
    if any(map(str.isalpha, text)):
        if before := _LABELS_BEFORE.match(text):
            text = text[before.end() :]
        text = _without_label_behind(text)
    elif "#" not in text:
        return text, ""
    found = _EXTENSION.search(text)
    if found is None:
        return text, ""
    bare = text[: found.start()].rstrip(_BEFORE_A_NOTE)
    return _without_label_behind(bare), found["digits"]


def _without_label_behind(text: str) -> str:
    behind = _LABELS_BEHIND.search(text)
    return text[: behind.start()].rstrip(_BEFORE_A_NOTE) if behind else text


def _read_one(text: str, extension: str, region: str | None) -> ReadNumber:
    if any(map(str.isalpha, text)) and any(map(str.isdecimal, text)):
        raise NoNumberError(mark("it has letters in it"))
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        raise _unread(error, region) from None
    unnamed = number.extension or ""
    if (extension and unnamed) or len(unnamed) > _LONGEST_UNNAMED:
        raise NoNumberError(mark("it has more digits than one number and one extension"))
    number.extension = None
    digits = "".join(filter(str.isdecimal, text)).removesuffix(unnamed)
    zero_lost = _lacks_zero(digits, number, region)
    if number.country_code == _FRANCE or region in _FRENCH_REGIONS:
        number = _where_it_is_in_france(number, digits, region)
    if not phonenumbers.is_valid_number(number):
        raise NoNumberError(
            mark("no such number can exist under the country code +{code}"),
            {"code": number.country_code},
        )
    return ReadNumber(number, extension or unnamed, zero_lost)


def _where_it_is_in_france(number: PhoneNumber, digits: str, region: str | None) -> PhoneNumber:
    """Give a number of France the country code of the place that its first digits name.

    Raises:
        NoNumberError: when it is none of that place, or was written with another's code.
    """
    national = phonenumbers.national_significant_number(number)
    at_home = region in _FRENCH_REGIONS and digits in {national, f"0{national}"}
    if number.country_code != _FRANCE:
        if not at_home or phonenumbers.is_valid_number(number):
            return number
        number = PhoneNumber(country_code=_FRANCE, national_number=int(national))
    if not _OVERSEAS.match(national):
        return number
    found = _overseas(national)
    if found is None:
        raise NoNumberError(
            mark("it begins like one of overseas France, where no such number can exist")
        )
    if not at_home:
        written = phonenumbers.format_number(found, PhoneNumberFormat.INTERNATIONAL)
        raise NoNumberError(
            mark("it is one of overseas France, not under +33: write {number}"),
            {"number": written},
        )
    return found


def _overseas(national: str) -> PhoneNumber | None:
    for code in _OVERSEAS_CODES:
        own = national.removeprefix(_SAINT_PIERRE_AREA) if code == _SAINT_PIERRE else national
        number = PhoneNumber(country_code=code, national_number=int(own))
        if phonenumbers.is_valid_number(number):
            return number
    return None


def _unread(error: NumberParseException, region: str | None) -> NoNumberError:
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE and region is None:
        return NoCountryError(mark("it has no country code (+1…)"))
    if error.error_type == NumberParseException.TOO_LONG:
        return NoNumberError(mark("it has too many digits"))
    return NoNumberError(mark("it cannot be read as a number"))


def _lacks_zero(digits: str, number: PhoneNumber, region: str | None) -> bool:
    """Tell whether digits are a number of the region's without the zero before it."""
    if region is None or phonenumbers.ndd_prefix_for_region(region, True) != "0":
        return False
    if digits != phonenumbers.national_significant_number(number):
        return False
    at_home = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return at_home.lstrip("( ").startswith("0")  # some numbers need none


def _numbers_in(text: str) -> int:
    """Count what has the length of a number, by what parts it or by its repeated shape."""
    text = _ANY_EXTENSION.sub(";", text)
    pieces = _BETWEEN_NUMBERS.split(text)
    return max(sum(map(_numbers_of_one_shape, pieces)), _numbers_of_one_shape(text))


def _numbers_of_one_shape(text: str) -> int:
    groups = [len(group) for group in re.findall(r"\d+", text)]
    if sum(groups) <= _MOST_DIGITS:
        return int(sum(groups) >= _FEWEST_DIGITS)
    for many in range(1, _MOST_GROUPS + 1):
        first = groups[:many]
        if first * (len(groups) // many) == groups and (
            _FEWEST_DIGITS <= sum(first) <= _MOST_DIGITS
        ):
            return len(groups) // many
    return 1
