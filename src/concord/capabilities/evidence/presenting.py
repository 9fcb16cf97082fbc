"""Items told in a matter: whoever sees the matter may see them from then on, as far as their handling code lets them.

What the organisation that collected an item tells, it lets go of by its own will. What another one tells on is a use of
the item: in another case, or towards somebody new; both need what the handling code asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Q

from concord.capabilities.evidence.models import Item, ItemAudience, Presentation
from concord.capabilities.evidence.queries import visible_to
from concord.capabilities.evidence.uses import refused_use, terms_of, use_in
from concord.casework.definitions import procedure_of
from concord.casework.effects import sort_key
from concord.casework.models import Act, Audience, Matter, Participant
from concord.foundation.access.actor import Actor
from concord.foundation.journal import commands as journal
from concord.rules.canonical import JSON
from concord.rules.errors import Said
from concord.rules.evidence.handling import Use
from concord.rules.procedure import FieldType, Procedure


def named_in(procedure: Procedure, told: Mapping[str, JSON]) -> dict[str, str]:
    """The numbers of the items that answers or facts name, each with the first field that does."""
    named: dict[str, str] = {}
    for field in procedure.fields:
        if field.type is FieldType.EVIDENCE:
            for number in named_list(told.get(field.id)):
                named.setdefault(number, field.id)
    return named


def named_list(value: JSON) -> list[str]:
    """The numbers in an answer of the type evidence; none where nothing was answered."""
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def refused(values: Sequence[str], by: Actor, matter: Matter | None) -> dict[int, Said]:
    """Which of these numbers ``by`` may not name, by their place: what is not shown, and what is not sealed.

    An item that was told in the matter before may be named there for ever.
    """
    wanted = Q(state=Item.State.SEALED)
    if matter is not None:
        wanted |= Q(id__in=Presentation.objects.filter(matter=matter).values("item_id"))
    found = set(visible_to(by).filter(wanted, number__in=values).values_list("number", flat=True))
    said = Said(
        "没有找到已封存的该证据项，或者您无权查看。请核对编号；尚未封存的，请先封存。",
        "No such sealed item, or it is not shown to you. Check the number, and seal the item first.",
    )
    return {place: said for place, value in enumerate(values) if value not in found}


def present(act: Act, sides: Sequence[Audience]) -> None:
    """Write down which items ``act`` has told, and show them to those who see its matter; internal acts tell nobody.

    Raises NotAllowed ``evidence.use_not_allowed`` where the handling code of an item forbids what is done with it. Who
    joins by an act of another than the collector sees only those items told before that may go on to him.
    """
    procedure = procedure_of(act.matter.procedure_version)
    if act.internal or not any(field.type is FieldType.EVIDENCE for field in procedure.fields):
        return
    known = [row.item for row in Presentation.objects.filter(matter=act.matter).select_related("item")]
    named = named_in(procedure, {**act.matter.facts, **act.answers})
    new = list(Item.objects.filter(number__in=named).exclude(id__in=[item.id for item in known]).order_by("id"))
    for item in new:
        _require_use(item, act, sides)
    Presentation.objects.bulk_create(
        Presentation(
            item=item,
            matter=act.matter,
            organisation=act.organisation,
            field=named[item.number],
            act=act,
            at=act.at,
            own=item.organisation_id == act.organisation_id,
        )
        for item in new
    )
    again = named_in(procedure, act.answers)
    _show([*new, *(item for item in known if item.number in again)], sides, act)
    earlier = [item for item in known if item.number not in again]
    if earlier:
        _show(earlier, _joining(act, sides), act)


def _joining(act: Act, sides: Sequence[Audience]) -> list[Audience]:
    """The sides that see the matter from this act on."""
    rows = Participant.objects.filter(matter=act.matter, joined_at=act.at)
    joined = set(rows.values_list("organisation_id", flat=True))
    return [side for side in sides if side.scope.organisation_id in joined]


def _require_use(item: Item, act: Act, sides: Sequence[Audience]) -> None:
    """Refuse to tell on what another organisation collected where its code does not allow it.

    To tell it to nobody but the collector, as when a thing goes back, is no use of it.
    """
    kept = {item.organisation_id, act.organisation_id}
    others = {side.scope_id for side in sides if side.scope.organisation_id not in kept}
    if item.organisation_id == act.organisation_id or not others:
        return
    terms = terms_of(item, act.organisation)
    knowing = set(ItemAudience.objects.filter(item=item, scope__in=others).values_list("scope_id", flat=True))
    uses = [use_in(act.matter, terms), *([Use.ONWARD] if others - knowing else [])]
    refusal = terms.refusal(uses)
    if refusal is not None:
        raise refused_use(item, refusal)


def _show(items: Sequence[Item], sides: Sequence[Audience], act: Act) -> None:
    """Let the sides see the items, but for those that the acting one may not pass on to somebody new."""
    if not items or not sides:
        return
    before = ItemAudience.objects.filter(item__in=items, scope__in=[side.scope_id for side in sides])
    shown = set(before.values_list("item_id", "scope_id"))
    rows: list[ItemAudience] = []
    for item in items:
        new = [side for side in sides if (item.id, side.scope_id) not in shown]
        if new and not _withheld(item, act):
            rows += [_row(item, side, act) for side in new]
    ItemAudience.objects.bulk_create(rows)


def _row(item: Item, side: Audience, act: Act) -> ItemAudience:
    return ItemAudience(
        scope_id=side.scope_id,
        sort_key=sort_key(act.at),
        item=item,
        kind=item.kind,
        state=item.state,
        organisation_id=item.organisation_id,
        granted_by=act.matter,
    )


def _withheld(item: Item, act: Act) -> bool:
    """Whether the item does not go on to who joins, because its code forbids the acting side to pass it on."""
    if item.organisation_id == act.organisation_id:
        return False
    refusal = terms_of(item, act.organisation).refusal([Use.ONWARD])
    if refusal is None:
        return False
    journal.record(
        event="evidence.withhold",
        at=act.at,
        by=None,
        organisation=act.organisation,
        subject=item.number,
        matter_uid=act.matter.uid,
        details={"act": act.act, "code": refusal.code, "seq": act.seq},
    )
    return True
