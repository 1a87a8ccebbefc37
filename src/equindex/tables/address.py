"""Addresses of databases and files elsewhere, and how they are printed."""

import re
from typing import Final

__all__ = ["is_database", "masked"]

_SCHEMES: Final = ("postgresql", "postgres", "sqlite", "duckdb")
_SECRET = re.compile(
    r"([?&;](?:pass\w*|pwd|sslpassword|\w*secret\w*|\w*token|\w*key)=)[^&\s]*", re.IGNORECASE
)


def is_database(place: object) -> bool:
    """Return whether `place` is the address of a database.

    Examples
    --------
    >>> is_database("sqlite:///a.db"), is_database("s3://bucket/a.csv"), is_database("a.csv")
    (True, False, False)
    """
    return isinstance(place, str) and place.partition("://")[0].lower() in _SCHEMES and "://" in place


def masked(url: str) -> str:
    """Return an address without the password in it, to be printed or kept.

    Examples
    --------
    >>> masked("postgresql://me:se/cr@t@host/db"), masked("postgresql://host/db?user=me&password=secret")
    ('postgresql://me:***@host/db', 'postgresql://host/db?user=me&password=***')
    >>> masked("s3://key:secret@bucket/a.parquet"), masked("data/a@b.csv")
    ('s3://key:***@bucket/a.parquet', 'data/a@b.csv')
    """
    scheme, found, rest = url.partition("://")
    if not found or "/" in scheme or rest.startswith("/"):
        return url if not found or "/" in scheme else _SECRET.sub(r"\1***", url)
    login, at, place = _SECRET.sub(r"\1***", rest).rpartition("@")
    user, colon, _ = login.partition(":")
    if at and not colon and not is_database(url):
        user = "***"  # a key alone
    return f"{scheme}://{user}{':***' if colon else ''}{at}{place}"
