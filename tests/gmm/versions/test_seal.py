"""Records with a seal: damage is told, and with a key nobody else can write one."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel, ConfigDict

from include.gmm.errors import InputError
from include.gmm.versions.seal import SIGNING_KEY, VERIFYING_KEYS, new_keys, sealed, unsealed


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    shares: list[float]
    note: str | None = None


RECORD = Record(name="R\N{LATIN SMALL LETTER E WITH ACUTE}gulars \U0001f600", shares=[0.1, 1e-300])


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A signing key that is configured, and its verifying key."""
    signing, verifying = new_keys()
    monkeypatch.setenv(SIGNING_KEY, signing)
    return signing, verifying


def read(content: bytes) -> Record:
    return unsealed(content, Record, "there.json")


def changed(content: bytes, **values: object) -> bytes:
    return json.dumps({**json.loads(content), **values}).encode()


def test_a_record_comes_back_as_it_was() -> None:
    assert read(sealed(RECORD)) == RECORD


def test_the_file_is_the_record_with_a_seal() -> None:
    """So that other tools find its fields where they would look for them."""
    file = json.loads(sealed(RECORD))
    assert set(file.pop("seal")) == {"sha256"}
    assert file == RECORD.model_dump()


def test_the_layout_of_the_file_does_not_matter() -> None:
    file = json.loads(sealed(RECORD))
    assert read(json.dumps(dict(reversed(file.items()))).encode()) == RECORD


@pytest.mark.parametrize("values", [{"name": "X"}, {"shares": [0.2]}, {"more": 1}])
def test_a_change_is_told(values: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"there.json: SHA-256 differs .* Restore it"):
        read(changed(sealed(RECORD), **values))


@pytest.mark.parametrize("place", range(0, 150, 7))
def test_no_bit_can_flip_unseen(place: int) -> None:
    content = bytearray(sealed(RECORD))
    content[place] ^= 4
    try:
        assert read(bytes(content)) == RECORD, "a space between the fields, perhaps"
    except InputError as error:
        assert str(error).startswith("there.json: ")


def test_a_record_of_another_release_is_told() -> None:
    class Older(BaseModel):
        name: str

    with pytest.raises(InputError, match=r"made by another release .* \(1 fields differ\)"):
        read(sealed(Older(name="x")))


def test_what_was_signed_is_read_with_either_key(
    keys: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sealed(RECORD)
    assert read(content) == RECORD
    monkeypatch.delenv(SIGNING_KEY)
    monkeypatch.setenv(VERIFYING_KEYS, f"{new_keys()[1]}, {keys[1]}")
    assert read(content) == RECORD


def test_with_a_key_what_is_not_signed_is_refused(
    keys: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SIGNING_KEY)
    content = sealed(RECORD)
    monkeypatch.setenv(VERIFYING_KEYS, keys[1])
    with pytest.raises(InputError, match="is signed by none of the keys in GMM_SIGNING_KEY"):
        read(content)


@pytest.mark.parametrize("signature", ["AAAA", 7, None, "no base64"])
def test_with_a_key_a_made_up_signature_is_refused(
    keys: tuple[str, str], signature: object
) -> None:
    seal = {**json.loads(sealed(RECORD))["seal"], "signature": signature}
    with pytest.raises(InputError, match="of the keys in GMM_SIGNING_KEY"):
        read(changed(sealed(RECORD), seal=seal))


def test_a_record_changed_with_its_digest_is_refused(keys: tuple[str, str]) -> None:
    """Digests can be made to fit; the signature of another record cannot."""
    seal = json.loads(sealed(RECORD))["seal"]
    forged = json.loads(sealed(RECORD.model_copy(update={"name": "forged"})))
    forged["seal"]["signature"] = seal["signature"]
    with pytest.raises(InputError, match="its signature is of none"):
        read(json.dumps(forged).encode())


def test_another_key_is_not_trusted(keys: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    content = sealed(RECORD)
    monkeypatch.setenv(SIGNING_KEY, new_keys()[0])
    with pytest.raises(InputError, match="its signature is of none"):
        read(content)


@pytest.mark.parametrize("setting", [SIGNING_KEY, VERIFYING_KEYS])
@pytest.mark.parametrize("value", ["secret", "c2VjcmV0", "no base64!"])
def test_what_is_no_key_is_refused_without_showing_it(
    setting: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sealed(RECORD)
    monkeypatch.setenv(setting, value)
    with pytest.raises(InputError, match=f"{setting}: is no Ed25519 key") as refused:
        read(content)
    assert value not in str(refused.value)
