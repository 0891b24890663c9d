"""Which characters a name may not have."""

import pytest

from include.gmm.characters import unprintable


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("spend\x07", r"\x07"),
        ("\x00", r"\x00"),
        ("a\ud800b", r"\ud800"),
        ("\ufffe", r"\ufffe"),
        ("one\x1btwo\x07", r"\x1b"),
    ],
)
def test_what_xml_forbids_is_told_escaped(text: str, told: str) -> None:
    assert unprintable(text) == told


@pytest.mark.parametrize("text", ["", "spend", "Größe (m²)", "two\nlines\tand\rmore", "😀", "年齢"])
def test_letters_of_every_script_and_white_space_are_let_in(text: str) -> None:
    assert unprintable(text) is None
