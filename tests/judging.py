"""What addresses, phones and dates are, as the libraries and the calendar say."""

from __future__ import annotations

from datetime import date

import phonenumbers
from email_validator import EmailNotValidError, validate_email


def is_address(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def is_phone(text: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "CA"))
    except phonenumbers.NumberParseException:
        return False


def is_date(text: str) -> bool:
    day, _, rest = text.partition("/")
    month, _, year = rest.partition("/")
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True
