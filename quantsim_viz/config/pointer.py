"""JSON pointers (RFC 6901): the addresses of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def escape(token: str) -> str:
    """Return one reference token as it is written inside a pointer.

    >>> escape("a/b~c")
    'a~1b~0c'
    """
    if "~" in token or "/" in token:
        return token.replace("~", "~0").replace("/", "~1")
    return token


def unescape(token: str) -> str:
    """Return the member name that a written reference token stands for.

    >>> unescape("a~1b~0c")
    'a/b~c'
    """
    if "~" in token:
        return token.replace("~1", "/").replace("~0", "~")
    return token


def join(parent: str, *tokens: str | int) -> str:
    """Return the pointer of a descendant.

    >>> join("/op_type", "Conv", "is_output_quantized")
    '/op_type/Conv/is_output_quantized'
    """
    return parent + "".join("/" + escape(str(token)) for token in tokens)


def from_path(path: Iterable[str | int]) -> str:
    """Return the pointer of a path of keys and indices.

    >>> from_path(["supergroups", 0, "op_list"])
    '/supergroups/0/op_list'
    """
    return join("", *path)


def split(pointer: str) -> tuple[str, ...]:
    """Return the member names and indices along a pointer.

    Raises:
        ValueError: The pointer is neither empty nor starts with a slash.

    >>> split("/op_type/a~1b")
    ('op_type', 'a/b')
    """
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"a JSON pointer starts with '/', this one does not: {pointer!r}")
    return tuple(unescape(token) for token in pointer[1:].split("/"))


def parent(pointer: str) -> str:
    """Return the pointer of the container that holds the place; that of the root is the root.

    >>> parent("/op_type/Conv")
    '/op_type'
    """
    return pointer.rpartition("/")[0]


def last(pointer: str) -> str:
    """Return the last name along a pointer, `""` for the root.

    >>> last("/op_type/Conv")
    'Conv'
    """
    return unescape(pointer.rpartition("/")[2])
