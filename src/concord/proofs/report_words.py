"""The sentences of a report, in Chinese and English: what each check serves, what was found, and what is never proven.

A sentence is chosen by check and reason and filled with the facts of the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from unicodedata import category

from concord.proofs.canonical import JSON
from concord.proofs.shapes import time_from
from concord.rules.clocks import SHANGHAI
from concord.rules.errors import Said

CHECKS: Mapping[str, Said] = {
    "C01": Said("容器", "container"),
    "C02": Said("清单", "manifest"),
    "C03": Said("文件 SHA-256", "files, SHA-256"),
    "C04": Said("文件 SM3", "files, SM3"),
    "C05": Said("保管链", "chain of events"),
    "C06": Said("签名", "signatures"),
    "C07": Said("签名密钥", "signing keys"),
    "C08": Said("时间戳", "time-stamps"),
    "C09": Said("存证内容", "what was logged"),
    "C10": Said("存证位置", "place in the log"),
    "C11": Said("日志签名", "log signature"),
    "C12": Said("见证", "witnesses"),
    "C13": Said("时间顺序", "order of times"),
    "C14": Said("信任文件", "trust file"),
    "C15": Said("外部锚定", "outside anchors"),
    "C16": Said("公开字段", "disclosed fields"),
    "C17": Said("移交与互认", "hand-over"),
}
ONLINE_LITIGATION_16 = Said("在线诉讼规则 第16条", "Online Litigation Rules, art. 16")
INTERNET_COURTS_11 = Said("互联网法院规定 第11条", "Internet Court Provisions, art. 11")
ELECTRONIC_SIGNATURES_13 = Said("电子签名法 第13条", "Electronic Signature Law, art. 13")
# What each check serves: law where an article asks for it, else the format itself.
SERVES: Mapping[str, Said] = {
    "C01": ONLINE_LITIGATION_16,
    "C02": Said("在线诉讼规则 第18条", "Online Litigation Rules, art. 18"),
    "C03": ONLINE_LITIGATION_16,
    "C04": ONLINE_LITIGATION_16,
    "C05": Said("民事证据规定 第93条", "Civil Evidence Provisions, art. 93"),
    "C06": ELECTRONIC_SIGNATURES_13,
    "C07": ELECTRONIC_SIGNATURES_13,
    "C08": INTERNET_COURTS_11,
    "C09": ONLINE_LITIGATION_16,
    "C10": ONLINE_LITIGATION_16,
    "C11": ONLINE_LITIGATION_16,
    "C12": Said("在线诉讼规则 第17条", "Online Litigation Rules, art. 17"),
    "C13": INTERNET_COURTS_11,
    "C14": Said("格式说明 第6节", "the format, section 6"),
    "C15": Said("格式说明 第9节", "the format, section 9"),
    "C16": Said("格式说明 第7节", "the format, section 7"),
    "C17": Said("民事证据规定 第93条", "Civil Evidence Provisions, art. 93"),
}
STATUSES: Mapping[str, Said] = {
    "pass": Said("通过", "pass"),
    "fail": Said("不通过", "FAIL"),
    "indeterminate": Said("不能确定", "open"),
    "not_applicable": Said("不适用", "n/a"),
}
ACTIONS: Mapping[str, Said] = {
    "collect": Said("采集", "collect"),
    "seal": Said("封存", "seal"),
    "transfer": Said("移交", "transfer"),
    "receive": Said("接收", "receive"),
    "inspect": Said("查验", "inspect"),
    "copy": Said("复制", "copy"),
    "redact": Said("遮盖", "redact"),
    "present": Said("出示", "present"),
    "recognise": Said("互认", "recognise"),
    "challenge": Said("质疑", "challenge"),
    "revoke": Said("撤销", "revoke"),
    "dispose": Said("处置", "dispose"),
}
VERDICTS: Mapping[str, Said] = {
    "pass": Said("通过", "passed"),
    "fail": Said("不通过", "FAILED"),
    "indeterminate": Said("不能确定", "indeterminate"),
}
LEVELS: Mapping[str, Said] = {
    "": Said(
        "未达到任何等级：至少有一项基本核验没有通过。",
        "No level is reached: a check that every level needs did not pass.",
    ),
    "L0": Said(
        "机关签名有效，内容与签名时一致。", "The organisation's signatures hold and the content is what was signed."
    ),
    "L1": Said(
        "机关签名有效，并已记入存证账本。", "The organisation's signatures hold, and the package is in the ledger."
    ),
    "L2": Said(
        "机关签名有效，已记入存证账本，账本由足够多的城市共同见证，任何一方不能事后改写。",
        "The organisation's signatures hold, the package is in the ledger, and enough cities witnessed that ledger, "
        "so that no one can rewrite it afterwards.",
    ),
    "L3": Said(
        "除共同见证外，另有外部锚定。", "Beside the cities' witnesses, an outside anchor stands for the ledger."
    ),
}
WITH_TOKEN = Said("另有可信时间戳（T）。", "A trusted time-stamp stands beside it (T).")
NOT_PROVEN: tuple[Said, ...] = (
    Said(
        "核验说明的是：封存之后内容未被改动，何时已经存在，由哪个机关的密钥签署。"
        "符合这些的，可以认定上链后未经篡改，有相反证据足以推翻的除外（《人民法院在线诉讼规则》第十六条）。",
        "Verification shows that the content is unaltered since sealing, when it already existed, and whose keys "
        "signed. On that it may be found unaltered since it was logged, unless rebutted (Online Litigation Rules of "
        "the People's Courts, art. 16).",
    ),
    Said(
        "不能证明采集到的内容本身真实：网页、商品或者陈述可能本来就是假的。",
        "It does not show that what was captured was true: a page, a product or a statement may have been false.",
    ),
    Said(
        "不能证明采集之前没有遗漏、挑选或者伪造。对上链前的真实性有异议的，提交方还须说明来源、生成、存储，"
        "或者提供公证、第三方见证、关联印证数据（同规则第十八条）。",
        "It does not show that nothing was left out, chosen or made up before the collection. If the time before "
        "logging is challenged, source, generation and storage, a notary, a third party or linked data must speak "
        "for it (art. 18).",
    ),
    Said(
        "不能证明是谁按下了按键：签名只说明用了这把密钥。",
        "It does not show who pressed the button: a signature shows that a key was used.",
    ),
    Said(
        "平台的资质、利害关系和技术规范由法院另行审查（同规则第十七条）。",
        "Whether the platform meets the rules and has no interest in the case is for the court (art. 17).",
    ),
)

_MOST_SHOWN = 20
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NOT_LOGGED = Said("尚未记入存证账本", "not in the ledger yet")
_UNREADABLE = Said("其他部分无法读取，不能核验", "cannot be checked, since another part cannot be read")
_BROKEN = Said("{zh}", "{en}")

_FOUND: Mapping[tuple[str, str], Said] = {
    ("C01", "sound"): Said(
        "{count} 个条目，{size} 字节，重新封装逐字节相同", "{count} entries, {size} bytes, the same byte for byte"
    ),
    ("C01", "check_sum"): Said("内容与校验和不符：{entries}", "content and check sum differ: {entries}"),
    ("C01", "form"): _BROKEN,
    ("C02", "sound"): Said("{org} 签发，{count} 个文件，{size} 字节", "issued by {org}, {count} files, {size} bytes"),
    ("C02", "form"): _BROKEN,
    ("C03", "same"): Said("{count} 个文件全部相同", "all {count} files are the same"),
    ("C03", "differs"): Said("不符：{faults}", "differs: {faults}"),
    ("C03", "thin"): Said("证据包不含文件", "the package holds no files"),
    ("C03", "no_manifest"): _UNREADABLE,
    ("C05", "whole"): Said("{count} 个事件，自 {first} 至 {last}", "{count} events, from {first} to {last}"),
    ("C05", "form"): _BROKEN,
    ("C05", "sequence"): Said("事件 {event} 编号不对", "event {event} is out of sequence"),
    ("C05", "previous"): Said("事件 {event} 与前一事件不衔接", "event {event} does not follow the one before it"),
    ("C05", "manifest"): Said("事件 {event} 属于另一份清单", "event {event} is of another manifest"),
    ("C05", "actions"): Said("事件 {event} 不应是这一行为", "event {event} is not the act that belongs there"),
    ("C05", "issuer"): Said("事件 {event} 不是签发机关所为", "event {event} is not by the organisation that issues"),
    ("C05", "time"): Said("事件 {event} 自称时间早于前一事件", "event {event} claims a time before the one before it"),
    ("C06", "signed"): Said("{count} 个事件，签名密钥 {names}", "{count} events, signed with {names}"),
    ("C06", "signatures_wanted"): Said(
        "事件 {event} 的签名不齐或者多余", "event {event} lacks a signature or has another"
    ),
    ("C06", "signature"): Said(
        "事件 {event} 的签名无效（{key}）", "the signature of event {event} is not good ({key})"
    ),
    ("C06", "unknown_key"): Said("不认识密钥 {names}", "unknown keys: {names}"),
    ("C07", "valid"): Said("所称和已证明的时间均有效：{names}", "valid at the claimed and the proven time: {names}"),
    ("C07", "valid_as_claimed"): Said(
        "在所称时间有效：{names}；事件 {events} 何时签名没有证明，只有所称时间",
        "valid at the claimed time: {names}; nothing proves when events {events} were signed, it is only claimed",
    ),
    ("C07", "unknown_key"): Said("事件 {event}：不认识密钥 {key}", "event {event}: the key {key} is unknown"),
    ("C07", "not_valid"): Said("事件 {event}：密钥 {key} 当时无效", "event {event}: the key {key} was not valid then"),
    ("C07", "not_valid_when_proven"): Said(
        "事件 {event}：密钥 {key} 在所称时间有效，在已证明的时间无效",
        "event {event}: the key {key} was valid at the claimed time, and not at the proven one",
    ),
    ("C07", "ended_since"): Said(
        "密钥 {key} 已过有效期，事件 {events} 何时签名没有证明，只有所称时间",
        "the validity of the key {key} has ended, and nothing proves that events {events} were signed before that",
    ),
    ("C07", "revoked"): Said("事件 {event}：密钥 {key} 已被吊销", "event {event}: the key {key} was revoked"),
    ("C08", "stamped"): Said("{tokens}", "{tokens}"),
    ("C08", "none"): Said("没有时间戳", "none"),
    ("C08", "none_though_asked"): Said("要求有时间戳，但没有", "one is asked for, and there is none"),
    ("C08", "unpinned"): Said("签发机构不在信任文件内", "of an authority that the trust file does not know"),
    ("C08", "imprint"): Said("时间戳是对其他内容签发的", "it is of something else"),
    ("C08", "signature"): Said("时间戳签名无效", "its signature is not good"),
    ("C08", "malformed"): Said("时间戳格式不对", "it is malformed"),
    ("C08", "algorithm"): Said("时间戳所用算法不允许", "its algorithm is not allowed"),
    ("C08", "status"): Said("时间戳机构未签发", "the authority did not grant it"),
    ("C08", "purpose"): Said("签发证书不是专用于时间戳", "its certificate is not for time-stamping alone"),
    ("C08", "expired"): Said("签发时证书无效或者不再受信任", "the certificate was not valid or trusted at its time"),
    ("C08", "compromised"): Said("签发机构当时已失密", "the authority was compromised by then"),
    ("C08", "kind"): Said("时间戳种类与文件名不符", "it is of another kind than its name says"),
    ("C09", "same"): Said("记入的正是本证据包", "it is this package that was logged"),
    ("C09", "form"): _BROKEN,
    ("C09", "another_package"): Said("记入的是另一个证据包", "another package was logged"),
    ("C09", "another_organisation"): Said("记入的是另一机关", "another organisation was logged"),
    ("C09", "another_event"): Said("记入的是另一事件", "another event was logged"),
    ("C09", "another_token"): Said("记入的是另一时间戳", "another time-stamp was logged"),
    ("C10", "included"): Said("{leaves}", "{leaves}"),
    ("C10", "form"): _BROKEN,
    ("C10", "not_included"): Said("证明路径不通向检查点", "the proof does not lead to the checkpoint"),
    ("C10", "another_log"): Said("封存与最新事件不在同一账本", "sealing and newest event are in two logs"),
    ("C10", "order"): Said("最新事件的位置在封存之前", "the newest event was logged before the sealing"),
    ("C10", "two_roots"): Said("同样大小的账本有两个根", "the log shows two roots of one size"),
    ("C10", "newer_events"): Said("有 {count} 个较新的事件尚未记入", "{count} newer events are not in the ledger yet"),
    ("C11", "signed"): Said("账本 {origin}", "log {origin}"),
    ("C11", "unknown_log"): Said("不认识账本 {origin}", "the log {origin} is unknown"),
    ("C11", "signature"): Said("账本 {origin} 的签名无效", "the signature of the log {origin} is not good"),
    ("C12", "cosigned"): Said("{checkpoints}", "{checkpoints}"),
    ("C12", "signature"): Said("见证签名无效：{names}", "the signature is not good: {names}"),
    ("C12", "too_few"): Said(
        "只有 {count} 个见证方签名，应有 {needed} 个", "{count} witnesses signed, {needed} are needed"
    ),
    ("C12", "unknown_signer"): Said("有不认识的签名：{names}", "signed by unknown keys: {names}"),
    ("C13", "in_order"): Said("自称、时间戳、见证的时间前后相符", "claimed, stamped and cosigned times fit together"),
    ("C13", "no_time"): Said("没有可以比较的时间", "there is no time to compare with"),
    ("C13", "claimed_late"): Said(
        "自称 {claimed_at}，晚于时间戳或者见证的时间", "claimed for {claimed_at}, after it was stamped or cosigned"
    ),
    ("C13", "stamped_late"): Said(
        "见证于 {cosigned_at} 完成，时间戳晚了五分钟以上", "stamped more than five minutes after {cosigned_at}"
    ),
    ("C14", "in_force"): Said(
        "第 {version} 版，{count} 个机关签署（须 {needed} 个），有效至 {expires_at}",
        "version {version}, signed by {count} organisations ({needed} needed), until {expires_at}",
    ),
    ("C14", "expired"): Said("已于 {expires_at} 过期，请换新的", "it expired at {expires_at}; get a newer one"),
    ("C14", "signature"): Said("签名无效：{names}", "the signature is not good: {names}"),
    ("C14", "too_few_roots"): Said("只有 {count} 个机关签署，须 {needed} 个", "signed by {count}, {needed} are needed"),
    ("C14", "directory_form"): _BROKEN,
    ("C14", "directory_entry"): Said("密钥登记有误：{names}", "the entry of a key is wrong: {names}"),
    ("C15", "none"): Said("没有", "none"),
    ("C15", "form"): Said("{entry} 不合格式", "{entry} is not of the format"),
    ("C15", "unknown_schema"): Said("本程序不认识：{entries}", "not known to this program: {entries}"),
    ("C16", "opened"): Said(
        "公开 {count} 项（{fields}），未公开 {closed} 项", "{count} disclosed ({fields}), {closed} kept closed"
    ),
    ("C16", "closed"): Said("未公开任何字段", "nothing is disclosed"),
    ("C16", "form"): _BROKEN,
    ("C16", "does_not_open"): Said("{name} 与清单中的承诺不符", "{name} is not what was committed to"),
    ("C17", "whole"): Said("{steps}", "{steps}"),
    ("C17", "none"): Said("没有移交", "there was none"),
    ("C17", "under_way"): Said(
        "事件 {event} 已移交 {to}，尚未接收", "event {event} hands over to {to}, not yet received"
    ),
    ("C17", "not_received"): Said("事件 {event}：上一次移交未接收", "event {event}: the last one was not received"),
    ("C17", "no_counterparty"): Said("事件 {event} 没有写明移交给谁", "event {event} names no receiver"),
    ("C17", "no_report"): Said("事件 {event} 没有附核验报告", "event {event} stands on no report"),
    ("C17", "not_transferred"): Said("事件 {event} 接收了未经移交的", "event {event} receives what nobody gave"),
    ("C17", "another_receiver"): Said("事件 {event} 与移交的双方不符", "event {event} is by others than the transfer"),
}
_EVERYWHERE: Mapping[str, Said] = {"not_logged": _NOT_LOGGED, "unreadable": _UNREADABLE}
_FAULTS: Mapping[str, Said] = {
    "content": Said("内容", "content"),
    "size": Said("大小", "size"),
    "missing": Said("缺少", "missing"),
    "unlisted": Said("清单未列", "not listed"),
    "chunks": Said("分块", "chunks"),
    "chunk_list": Said("分块摘要表", "list of chunks"),
    "chunk_lists": Said("分块摘要表数目", "number of lists of chunks"),
}
_LEAVES: Mapping[str, Said] = {"seal": Said("封存", "sealing"), "head": Said("最新事件", "newest event")}
_COMMA = Said("、", ", ")
# How one of several is written, by what it is.
_PATTERNS: Mapping[str, Said] = {
    "fault": Said("{entry}（{what}）", "{entry} ({what})"),
    "place": Said("{leaf}在第 {index} 条（账本 {size} 条）", "{leaf} at {index} of {size} leaves"),
    "cosigned": Said("{leaf}：{count} 个见证方（{names}）", "{leaf}: {count} witnesses ({names})"),
}


def found(check: str, reason: str, facts: Mapping[str, JSON], language: str) -> str:
    """What a check found, in one sentence without a full stop."""
    sentence = _EVERYWHERE.get(reason) or _FOUND[("C03" if check == "C04" else check, reason)]
    shown = {key: _shown(key, value, language) for key, value in facts.items()}
    return sentence.in_language(language).format_map(shown).rstrip("。.")


def sentences(language: str) -> dict[str, JSON]:
    """What ``found`` fills in, as patterns, for a program in another language: by check and reason, then the parts."""
    by_check: dict[str, dict[str, JSON]] = {}
    for (check, reason), said in _FOUND.items():
        by_check.setdefault(check, {})[reason] = said.in_language(language)
    parts = {
        "everywhere": _EVERYWHERE,
        "faults": _FAULTS,
        "leaves": _LEAVES,
        "actions": ACTIONS,
        "patterns": _PATTERNS,
    }
    written: dict[str, JSON] = {
        name: {key: said.in_language(language) for key, said in part.items()} for name, part in parts.items()
    }
    return {"found": by_check, "comma": _COMMA.in_language(language), **written}


def printable(text: str) -> str:
    """The text without what could make a terminal show something else."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else one for one in text
    )


def moment(text: str) -> str:
    """A time of the formats as people here read it, in China's time."""
    at = time_from(text)
    return text if at is None else f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S} +08:00"


def _shown(key: str, value: JSON, language: str) -> str:
    """A fact as it stands in a sentence."""
    if isinstance(value, str):
        return printable(moment(value))
    if not isinstance(value, list | tuple):
        return str(value)
    shown = [
        _listed(key, one, language) if isinstance(one, Mapping) else printable(str(one)) for one in value[:_MOST_SHOWN]
    ]
    shown += ["…"] if len(value) > _MOST_SHOWN else []
    return _COMMA.in_language(language).join(shown)


def _listed(key: str, one: Mapping[str, JSON], language: str) -> str:
    """One of several: a fault, a token, a field, a place, a checkpoint or a step."""
    shown = {name: _shown(name, value, language) for name, value in one.items() if name != "witnesses"}
    if key == "faults":
        return _filled("fault", language, entry=shown["entry"], what=_FAULTS[shown["what"]].in_language(language))
    if key == "tokens":
        return f"{shown.get('authority', '')} {shown.get('at', '')}"
    if key == "steps":
        return f"{shown['event']} {ACTIONS[shown['action']].in_language(language)} {shown['org']}"
    if key == "fields":
        return shown["name"]
    leaf = _LEAVES[shown["leaf"]].in_language(language)
    if key == "leaves":
        return _filled("place", language, leaf=leaf, index=shown["index"], size=shown["size"])
    witnesses = one["witnesses"] if isinstance(one["witnesses"], list) else []
    names = [printable(str(witness["name"])) for witness in witnesses if isinstance(witness, Mapping)]
    return _filled(
        "cosigned", language, leaf=leaf, count=str(len(names)), names=_COMMA.in_language(language).join(names)
    )


def _filled(pattern: str, language: str, **parts: str) -> str:
    return _PATTERNS[pattern].in_language(language).format_map(parts)
