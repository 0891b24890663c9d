"""Stylesheets and scripts, at addresses that change with their content."""

from __future__ import annotations

import hashlib

import pytest

from include.gmm.page import static_files


@pytest.mark.parametrize("name", static_files.MEDIA_TYPES)
def test_an_address_holds_the_digest_of_the_content(name: str) -> None:
    digest = hashlib.sha256(static_files.content(name)).hexdigest()[:16]
    assert static_files.address(name) == f"static/{digest}/{name}"


@pytest.mark.parametrize("name", ["../pages.py", "page.css/..", "", "vega.css"])
def test_nothing_else_is_there(name: str) -> None:
    with pytest.raises(KeyError):
        static_files.content(name)


def test_the_script_that_draws_is_vega_embed_and_made_once() -> None:
    assert b"vegaEmbed" in static_files.content("vega.js")
    assert static_files.content("vega.js") is static_files.content("vega.js")
