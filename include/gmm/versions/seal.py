"""Records as files: with their digest, and signed where a key is configured.

    {..., "seal": {"sha256": "...", "signature": "..."}}

The digest tells a damaged file. Who can write the store can make digests fit; a signature cannot be
made without the key. GMM_SIGNING_KEY (for whoever trains and promotes) and GMM_VERIFYING_KEYS (for
whoever only reads: one or several, separated by commas) are Ed25519 keys, 32 bytes in base64. Where
one is set, a record that none of the keys has signed is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ValidationError

from include.gmm.errors import InputError

SIGNING_KEY, VERIFYING_KEYS = "GMM_SIGNING_KEY", "GMM_VERIFYING_KEYS"


def sealed(record: BaseModel) -> bytes:
    """The record as a file.

    Raises
    ------
    InputError
        If GMM_SIGNING_KEY is no key.
    """
    content = record.model_dump(mode="json")
    digest = hashlib.sha256(_canonical(content))
    seal = {"sha256": digest.hexdigest()}
    if key := _signing_key():
        seal["signature"] = base64.b64encode(key.sign(digest.digest())).decode()
    return (json.dumps({**content, "seal": seal}, indent=2, ensure_ascii=False) + "\n").encode()


def unsealed[R: BaseModel](content: bytes, kind: type[R], where: str) -> R:
    """The record in a file.

    Parameters
    ----------
    content
        What `sealed` made.
    kind
        What the record should be.
    where
        The file's address, for errors.

    Raises
    ------
    InputError
        If the file is damaged, was changed, is of another release, or is not signed by one of the
        keys that are configured.
    """
    try:
        record = json.loads(content)
        seal = record.pop("seal")
        digest, signature = seal["sha256"], seal.get("signature", "")
        hashed = hashlib.sha256(_canonical(record))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(
            f"{where}: is no record of this release, or damaged. Restore it from a backup, or "
            "train again"
        ) from None
    if digest != hashed.hexdigest():
        raise InputError(
            f"{where}: SHA-256 differs from the recorded one: the file was damaged or changed. "
            "Restore it from a backup, or train again"
        )
    _verify(signature, hashed.digest(), where)
    try:
        return kind.model_validate_json(json.dumps(record))
    except ValidationError as error:
        raise InputError(
            f"{where}: made by another release of this project "
            f"({error.error_count()} fields differ); train again"
        ) from None


def new_keys() -> tuple[str, str]:
    """A signing key and the verifying key that belongs to it, as the settings have them."""
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    signing, verifying = (base64.b64encode(each).decode() for each in raw)
    return signing, verifying


def _canonical(content: Any) -> bytes:
    """The same bytes for the same values, however the file is laid out."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _verify(signature: Any, digest: bytes, where: str) -> None:
    keys = _verifying_keys()
    if not keys:
        return
    for key in keys:
        try:
            key.verify(base64.b64decode(signature, validate=True), digest)
            return
        except (InvalidSignature, ValueError, TypeError):
            continue
    raise InputError(
        f"{where}: {'its signature is of none' if signature else 'is signed by none'} of the keys "
        f"in {SIGNING_KEY} and {VERIFYING_KEYS}, so it is not trusted. Find out who wrote it; a "
        "version from before there was a key has to be trained again"
    )


def _signing_key() -> Ed25519PrivateKey | None:
    value = os.environ.get(SIGNING_KEY, "").strip()
    return Ed25519PrivateKey.from_private_bytes(_key(value, SIGNING_KEY)) if value else None


def _verifying_keys() -> list[Ed25519PublicKey]:
    signing = _signing_key()
    values = os.environ.get(VERIFYING_KEYS, "").split(",")
    keys = [_key(value.strip(), VERIFYING_KEYS) for value in values if value.strip()]
    found = [Ed25519PublicKey.from_public_bytes(key) for key in keys]
    return [signing.public_key(), *found] if signing else found


def _key(value: str, setting: str) -> bytes:
    try:
        key = base64.b64decode(value, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise InputError(f"{setting}: is no Ed25519 key, 32 bytes in base64")
    return key
