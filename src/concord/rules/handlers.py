"""The commands that procedure files may name as ``handled_by``. A capability registers one function for each."""

from __future__ import annotations

from dataclasses import dataclass

from concord.rules.errors import Said


@dataclass(frozen=True, slots=True)
class Handler:
    """What an act does besides what every act does; ``said`` tells it."""

    name: str
    said: Said


HANDLERS = (
    Handler(
        "evidence.hand_over", Said("登记证据移交，签署移交回执", "hands the items over and signs the giver's receipt")
    ),
    Handler(
        "evidence.receive",
        Said(
            "核对摘要，签署接收回执，按约定推定互认",
            "checks the digests, signs the receiver's receipt, notes presumptions",
        ),
    ),
    Handler(
        "evidence.decline_receipt", Said("登记拒收，证据保管仍在移交机关", "notes that custody stays with the giver")
    ),
    Handler("evidence.recognise", Said("逐项登记认可", "records item by item that they are recognised")),
    Handler("evidence.object", Said("逐项登记异议和理由", "records an objection and its ground item by item")),
    Handler("evidence.lift_objection", Said("登记撤回异议", "records that an objection is lifted")),
    Handler("evidence.consent", Said("登记同意扩大使用范围", "records consent to wider use")),
)
HANDLER_NAMES = frozenset(handler.name for handler in HANDLERS)
