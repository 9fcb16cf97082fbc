"""Words for what changed in a rule: the limit before and after, where it comes from, whether it is still proposed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from concord.rules.errors import InvalidInput, Said
from concord.rules.limits import parse_limit
from concord.rules.procedure.model import LABEL_WORDS, PROPOSED, SourceLabel

Values: TypeAlias = Mapping[str, object]

TABLES: Final = {
    "acts": Said("行为", "act"),
    "agreement": Said("协议", "agreement"),
    "authorities": Said("机关", "authority"),
    "based_on": Said("编写依据", "based on"),
    "clocks": Said("期限", "clock"),
    "codes": Said("代码", "code"),
    "fields": Said("栏目", "field"),
    "en": Said("英文名称", "English name"),
    "extends": Said("扩展的章程", "extends"),
    "format": Said("文件格式", "file format"),
    "founded": Said("成立日期", "founded"),
    "groups": Said("工作组", "group"),
    "in_force": Said("施行", "in force"),
    "in_force_from": Said("施行日期", "in force from"),
    "line": Said("业务条线", "line of business"),
    "many": Said("可由多个机关担任的角色", "roles held by many"),
    "members": Said("成员", "member"),
    "papers": Said("文书", "paper"),
    "permissions": Said("权限", "permission"),
    "positions": Said("法律地位", "legal position"),
    "posts": Said("岗位", "post"),
    "receipt_days": Said("接收天数", "days to receive"),
    "requirements": Said("互认要求", "requirement"),
    "roles": Said("角色", "roles"),
    "rotation": Said("轮值", "rotation"),
    "running_matters": Said("正在办理的事项", "running matters"),
    "seat": Said("中心所在地", "seat of the centre"),
    "seats": Said("席位", "seat"),
    "sources": Said("来源", "source"),
    "staffing": Said("用人方式", "staffing"),
    "stamp_hours": Said("时间戳中断宽限小时数", "hours without a time-stamp"),
    "states": Said("状态", "state"),
    "title": Said("标题栏目", "field that titles a matter"),
    "version": Said("章程版本", "version of the charter"),
    "zh": Said("中文名称", "Chinese name"),
}
KEYS: Final = {
    "asks": Said("填写", "asks"),
    "by": Said("由谁办理", "by"),
    "causes": Said("案由", "causes"),
    "each": Said("各自办理", "done by each"),
    "en": Said("英文名称", "English name"),
    "extensions": Said("可延长", "extensions"),
    "final": Said("终结", "final"),
    "guards": Said("条件", "guards"),
    "internal": Said("仅本机关可见", "internal"),
    "kind": Said("性质", "kind"),
    "kinds": Said("证据种类", "kinds of evidence"),
    "level": Said("程度", "level"),
    "limit": Said("期限", "limit"),
    "member": Said("成员", "member"),
    "number": Said("文号", "number"),
    "optional": Said("选填", "optional"),
    "options": Said("选项", "choices"),
    "owner": Said("由谁遵守", "binds"),
    "paper": Said("文书", "paper"),
    "personal": Said("个人信息", "personal"),
    "posts": Said("岗位", "posts"),
    "power": Said("行使公权力", "public power"),
    "source": Said("来源", "source"),
    "starts": Said("起算期限", "starts"),
    "status": Said("议定情况", "standing"),
    "stops": Said("停止期限", "stops"),
    "text": Said("依据", "ground"),
    "type": Said("类型", "type"),
    "warn": Said("预警", "warns"),
    "zh": Said("中文名称", "Chinese name"),
}
LEVELS: Final = {"required": Said("必须", "required"), "advised": Said("建议", "advised")}
IN_FORCE: Final = "in_force.procedures."
ADOPTED: Final = Said("已议定", "adopted")
NOTHING: Final = Said("无", "none")
YES, NO = Said("是", "yes"), Said("否", "no")
LABELS: Final = {label.value: said for label, said in LABEL_WORDS.items()}


def added(rule: str, value: object, document: Values) -> tuple[Said, ...]:
    """That a rule is new, with its limit and label."""
    name = name_of(rule, value)
    zh, en = _limits(value, document)
    return (Said(f"新增{name.zh}{zh}", f"new {name.en}{en}"),)


def removed(rule: str, value: object, document: Values) -> tuple[Said, ...]:
    """That a rule is gone, with the limit and label it had."""
    name = name_of(rule, value)
    zh, en = _limits(value, document)
    return (Said(f"删去{name.zh}{zh}", f"removed {name.en}{en}"),)


def changed(rule: str, old: object, new: object, before: Values, after: Values) -> tuple[Said, ...]:
    """One sentence for each thing of a rule that is new, and one for the clocks that a changed source stands behind."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return () if old == new else (_step(name_of(rule, None), _plain(old), _plain(new)),)
    if rule.partition(".")[0] not in TABLES or "." not in rule:
        return ()  # the head of a table; what stands in it has its own rules
    told = [
        _changed_key(key, old.get(key), new.get(key), before, after)
        for key in (*old, *(key for key in new if key not in old))
        if old.get(key) != new.get(key)
    ]
    concerned = _concerned(rule, after) if told else None
    return (*told, *([concerned] if concerned else []))


def _changed_key(key: str, old: object, new: object, before: Values, after: Values) -> Said:
    label = KEYS.get(key, Said(key, key))
    if isinstance(old, list) and isinstance(new, list) and key != "warn":
        come = [_listed(key, one) for one in new if one not in old]
        gone = [_listed(key, one) for one in old if one not in new]
        told = [(zh, en, some) for zh, en, some in (("增加", "added", come), ("删去", "removed", gone)) if some]
        if told:
            zh = "；".join(f"{word} {'、'.join(one.zh for one in some)}" for word, _, some in told)
            en = "; ".join(f"{word} {', '.join(one.en for one in some)}" for _, word, some in told)
            return Said(f"{label.zh}：{zh}", f"{label.en}: {en}")
    return _step(label, _worded(key, old, before), _worded(key, new, after))


def _listed(key: str, value: object) -> Said:
    """One thing of a list; a choice stands there as ``id:zh:en``."""
    match str(value).split(":", 2):
        case [_, zh, en] if key == "options":
            return Said(zh, en)
    return Said(str(value), str(value))


def _step(label: Said, old: Said, new: Said) -> Said:
    return Said(f"{label.zh}：{old.zh} → {new.zh}", f"{label.en}: {old.en} → {new.en}")


def _worded(key: str, value: object, document: Values) -> Said:
    """A value in words; what it means stands in the same file."""
    if key == "status":
        return PROPOSED if value == "proposed" else ADOPTED
    if key == "kind" and isinstance(value, str):
        return LABELS.get(value, Said(value, value))
    if key == "level" and isinstance(value, str):
        return LEVELS.get(value, Said(value, value))
    if key == "limit" and isinstance(value, str):
        return _limit(value)
    if key == "source" and isinstance(value, str):
        return _source(value, document)
    return _plain(value)


def _plain(value: object) -> Said:
    if value is None or value == []:
        return NOTHING
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, list):
        texts = [str(one) for one in value]
        return Said("、".join(texts), ", ".join(texts))
    return Said(str(value), str(value))


def _limit(written: str) -> Said:
    try:
        return parse_limit(written).said
    except InvalidInput:
        return Said(written, written)


def _source(name: str, document: Values) -> Said:
    """The label of a source, whether it is proposed, and its text."""
    source = next((row for row in _rows(document, "sources") if row.get("id") == name), None)
    if source is None:
        return Said(name, name)
    label = LABELS.get(str(source.get("kind")), Said(name, name))
    proposed = source.get("status") == "proposed"
    zh = f"{label.zh}（{PROPOSED.zh}）" if proposed else label.zh
    en = f"{label.en} ({PROPOSED.en.lower()})" if proposed else label.en
    return Said(f"{zh}，{source.get('text', '')}", f"{en}, {source.get('text', '')}")


def _limits(value: object, document: Values) -> tuple[str, str]:
    """The limit and source of a clock, in brackets."""
    if not isinstance(value, dict):
        return "", ""
    parts = [_worded(key, value[key], document) for key in ("limit", "source") if key in value]
    parts += [LABELS[str(value["kind"])]] if value.get("kind") in tuple(SourceLabel) else []
    if not parts:
        return "", ""
    return f"（{'；'.join(part.zh for part in parts)}）", f" ({'; '.join(part.en for part in parts)})"


def _concerned(rule: str, document: Values) -> Said | None:
    """The clocks that rest on a source."""
    table, _, name = rule.partition(".")
    clocks = [row for row in _rows(document, "clocks") if table == "sources" and row.get("source") == name]
    if not clocks:
        return None
    zh, en = ([str(row.get(language, row.get("id"))) for row in clocks] for language in ("zh", "en"))
    return Said(f"涉及期限：{'、'.join(zh)}", f"concerns: {', '.join(en)}")


def _rows(document: Values, table: str) -> Iterable[Values]:
    rows = document.get(table)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def name_of(rule: str, value: object) -> Said:
    """A rule by its kind and name, as 期限“签收期限”."""
    if rule.startswith(IN_FORCE):
        name = rule.removeprefix(IN_FORCE)
        return Said(f"程序“{name}”的施行版本", f"version in force of “{name}”")
    table, _, rest = rule.partition(".")
    kind = TABLES.get(table, Said(table, table))
    if not rest:
        return kind
    zh, en = rest, rest
    if isinstance(value, dict):
        zh, en = str(value.get("zh", rest)), str(value.get("en", rest))
    return Said(f"{kind.zh}“{zh}”", f"{kind.en} “{en}”")
