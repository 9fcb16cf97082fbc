"""References in answers: files, organisations, persons and matters must exist and be the actor's to name."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Q

from concord.casework.models import Attachment, Matter
from concord.casework.queries import visible_to
from concord.casework.registry import RESOLVERS
from concord.foundation.access.actor import Actor
from concord.foundation.files.models import File
from concord.foundation.organisations.models import Organisation, Person
from concord.rules.canonical import JSON
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import FieldType, Procedure


def resolved(
    procedure: Procedure, rule: ActRule, taken: Mapping[str, JSON], *, by: Actor, matter: Matter | None
) -> dict[str, list[File]]:
    """The files that the answers name, per field. Raises InvalidInput with one problem per unknown reference."""
    problems: list[Problem] = []
    files: dict[str, list[File]] = {}
    for name in rule.asks:
        field, value = procedure.field(name), taken.get(name)
        if value is None:
            continue
        if field.type is FieldType.FILES and isinstance(value, list):
            files[name] = _files([str(uid) for uid in value], name, by, problems)
        elif field.type is FieldType.ORGANISATION:
            found = Organisation.objects.filter(code=value).exists()
            _require(found, name, Said("没有这个机关。", "No such organisation."), problems)
        elif field.type is FieldType.PERSON:
            found = (uid := _uuid(value)) is not None and Person.objects.filter(uid=uid, is_active=True).exists()
            _require(found, name, Said("没有这个人员。", "No such person."), problems)
        elif field.type is FieldType.MATTER:
            uid = _uuid(value)
            rows = visible_to(by).filter(Q(uid=uid) if uid else Q(number=value))
            _require(rows.exists(), name, Said("没有找到该事项。", "No such matter."), problems)
        elif field.type in RESOLVERS and isinstance(value, list):
            refused = RESOLVERS[field.type]([str(one) for one in value], by, matter)
            problems += [Problem(f"{name}.{place}", "unknown", said) for place, said in refused.items()]
    if problems:
        said = Said("没有办理：请更正标出的项目。", "Nothing was done: mend the marked fields.")
        raise InvalidInput("casework.unknown_reference", said, problems=tuple(problems))
    return files


def _files(uids: list[str], field: str, by: Actor, problems: list[Problem]) -> list[File]:
    """Files of one's own organisation, or files already told in a matter one sees."""
    named = [uid for uid in uids if _uuid(uid) is not None]
    own = {str(file.uid): file for file in File.objects.filter(uid__in=named, organisation=by.organisation)}
    missing = [uid for uid in named if uid not in own]
    if missing:
        told = Attachment.objects.filter(
            file__uid__in=missing, act__internal=False, matter__audience__scope_id=by.scope_id
        ).select_related("file")
        own |= {str(row.file.uid): row.file for row in told}
    found: list[File] = []
    for at, uid in enumerate(uids):
        if uid in own:
            found.append(own[uid])
        else:
            said = Said("没有找到这个文件，请重新上传。", "This file was not found; upload it again.")
            problems.append(Problem(f"{field}.{at}", "unknown_file", said))
    return found


def _require(found: bool, field: str, said: Said, problems: list[Problem]) -> None:  # noqa: FBT001  private, reads as a sentence
    if not found:
        problems.append(Problem(field, "unknown", said))


def _uuid(value: JSON) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
