"""YML, the catalogue of Yandex Market and of the many who read the same format."""

from __future__ import annotations

from exporters.yandex_market.exporter import YandexMarket
from exporters.yandex_market.options import YandexOptions

__all__ = ["YandexMarket", "YandexOptions"]
