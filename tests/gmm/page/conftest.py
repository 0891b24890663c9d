"""For tests of what charts show, of which there are many."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from include.gmm.page import drawing, pictures
from include.gmm.page.pictures import Order


@pytest.fixture
def drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts are drawn in this process, which saves the start of another for each."""

    def answers(orders: list[Order], seconds: float) -> list[dict[str, Any]]:
        drawn = [drawing.drawn(**json.loads(order.line)) for order in orders]
        return [{"content": base64.b64encode(content).decode()} for content in drawn]

    monkeypatch.setattr(pictures, "_answers", answers)
