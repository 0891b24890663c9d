"""Stylesheets and scripts, at addresses that change with their content."""

from __future__ import annotations

import hashlib

import pytest

from include.gmm.page import assets


@pytest.mark.parametrize("name", assets.MEDIA_TYPES)
def test_an_address_holds_the_digest_of_the_content(name: str) -> None:
    digest = hashlib.sha256(assets.content(name)).hexdigest()[:16]
    assert assets.address(name) == f"static/{digest}/{name}"


@pytest.mark.parametrize("name", ["../pages.py", "page.css/..", "", "vega.css"])
def test_nothing_else_is_there(name: str) -> None:
    with pytest.raises(KeyError):
        assets.content(name)


def test_the_script_that_draws_is_vega_embed_and_made_once() -> None:
    assert b"vegaEmbed" in assets.content("vega.js")
    assert assets.content("vega.js") is assets.content("vega.js")
