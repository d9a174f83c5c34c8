"""Which texts are no numbers, and how is a bad value named in a test's own name?"""

MISSING = object()

BAD_NUMBERS = [
    (5, "invalid_type"),
    (0.5, "invalid_type"),
    (None, "missing_field"),
    (True, "invalid_type"),
    (["1"], "invalid_type"),
    ({"value": "1"}, "invalid_type"),
    (MISSING, "missing_field"),
    ("", "invalid_value"),
    (" ", "invalid_value"),
    ("1" * 81, "invalid_value"),
    ("abc", "invalid_number"),
    ("-1", "invalid_number"),
    ("-0", "invalid_number"),
    ("+1", "invalid_number"),
    ("1e3", "invalid_number"),
    ("1E-2", "invalid_number"),
    ("NaN", "invalid_number"),
    ("Infinity", "invalid_number"),
    ("-inf", "invalid_number"),
    ("0x10", "invalid_number"),
    ("1,5", "invalid_number"),
    ("1_000", "invalid_number"),
    (".5", "invalid_number"),
    ("5.", "invalid_number"),
    ("01", "invalid_number"),
    ("1.2.3", "invalid_number"),
    (" 1", "invalid_number"),
    ("1\n", "invalid_number"),
    ("1\0", "invalid_number"),
    ("\N{ARABIC-INDIC DIGIT ONE}", "invalid_number"),
    ("\N{FULLWIDTH DIGIT ONE}", "invalid_number"),
    ("9" * 41, "invalid_number"),
    ("0." + "0" * 41, "invalid_number"),
    ("9" * 40, "number_too_large"),
    ("0", "not_positive"),
    ("0.0", "not_positive"),
]


def name(value: object) -> str:
    return "missing" if value is MISSING else repr(value)[:24]
