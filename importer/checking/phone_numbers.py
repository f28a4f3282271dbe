"""One phone number: its text taken apart, judged by phonenumbers, and written in a form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from importer.model import PhoneForm

_FORMATS = {
    PhoneForm.E164: PhoneNumberFormat.E164,
    PhoneForm.INTERNATIONAL: PhoneNumberFormat.INTERNATIONAL,
    PhoneForm.NATIONAL: PhoneNumberFormat.NATIONAL,
}
_LONGEST = 250  # what phonenumbers reads at most
_EXTENSION = re.compile(
    r"(?i)[\s,;(/-]*(?<![^\W\d_])(?:(?:extension|extn|ext|poste|post|po|p|int|x)\s*[.:#=]*|#)\s*"
    r"(?P<digits>[0-9]{1,7})\s*\)?$"
)
_LONGEST_UNNAMED = 6  # longer ones could be a second number without its area
_FEWEST_OF_TWO = 14  # digits that two numbers have at least
_TAILED = re.compile(r"\+?[0-9]+[.,]0+")
_SHORTENED = re.compile(r"(?i)[0-9]([.,][0-9]+)?e\+?[0-9]+")


class NoCountryError(ValueError):
    """A text has no country code, and its country is not known."""


class SeveralNumbersError(ValueError):
    """A text holds several numbers; its sentence says how many."""


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """A number that can exist. ``zero_lost``: the text lacks the zero that calls at home need."""

    number: phonenumbers.PhoneNumber
    extension: str
    zero_lost: bool


def read_number(text: str, region: str | None) -> ReadNumber:
    """Read a number as people of a country write it; None: only with its country code.

    Raises:
        SeveralNumbersError: when the text holds several; it says how many.
        NoCountryError: when only its country would tell.
        ValueError: when it holds none, with the reason in words.
    """
    if len(text) > _LONGEST:
        raise ValueError("it is too long")
    if _TAILED.fullmatch(text):
        raise ValueError(
            "a spreadsheet wrote it with decimals: give its column the format text, and type it "
            "again"
        )
    if _SHORTENED.fullmatch(text):
        raise ValueError(
            "a spreadsheet shortened it, and its last digits are lost: give its column the format "
            "text, and type it again"
        )
    bare, extension = _without_extension(text)
    try:
        return _read_one(bare, extension, region)
    except ValueError:
        several = _numbers_in(text, region)
        if several > 1:
            raise SeveralNumbersError(f"{several} numbers") from None
        raise


def write_number(number: phonenumbers.PhoneNumber, form: PhoneForm, region: str | None) -> str:
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


def _without_extension(text: str) -> tuple[str, str]:
    found = _EXTENSION.search(text)
    if found is None:
        return text, ""
    return text[: found.start()], found["digits"]


def _read_one(text: str, extension: str, region: str | None) -> ReadNumber:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        raise _unread(error, region) from None
    if any(character.isalpha() for character in text):
        raise ValueError("it has letters in it")
    unnamed = number.extension or ""
    if (extension and unnamed) or len(unnamed) > _LONGEST_UNNAMED:
        raise ValueError("it has more digits than one number and one extension")
    if not phonenumbers.is_valid_number(number):
        raise ValueError(f"no such number can exist under the country code +{number.country_code}")
    number.extension = None
    return ReadNumber(number, extension or unnamed, _lacks_zero(text, unnamed, number, region))


def _unread(error: NumberParseException, region: str | None) -> ValueError:
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE and region is None:
        return NoCountryError("it has no country code (+1…)")
    if error.error_type == NumberParseException.TOO_LONG:
        return ValueError("it has too many digits")
    return ValueError("it cannot be read as a number")


def _lacks_zero(
    text: str, extension: str, number: phonenumbers.PhoneNumber, region: str | None
) -> bool:
    """Tell whether a text is a number of the region's without the zero before it."""
    if region is None or phonenumbers.ndd_prefix_for_region(region, True) != "0":
        return False
    digits = "".join(c for c in text if c.isdecimal()).removesuffix(extension)
    return digits == phonenumbers.national_significant_number(number)


def _numbers_in(text: str, region: str | None) -> int:
    """Count the numbers that a text holds."""
    if sum(map(str.isdecimal, text)) < _FEWEST_OF_TWO:
        return 0
    return sum(1 for _ in phonenumbers.PhoneNumberMatcher(text, region))
