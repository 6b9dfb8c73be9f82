"""The heads of the model and their classes, in the order of the logits."""

from typing import Final

HEADS: Final[dict[str, tuple[str, ...]]] = {
    "sentiment": ("negative", "neutral", "positive"),
    "priority": ("0", "1", "2"),
    "main_topic": ("network", "equipment", "billing", "subscription", "customer_service", "other"),
}
