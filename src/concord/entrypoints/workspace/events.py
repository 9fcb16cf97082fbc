"""Journal events and what they tell, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from concord.entrypoints.workspace.jinja import day
from concord.entrypoints.workspace.presenting import Glass, words
from concord.rules.case_files import STAGES

DETAIL_WORDS: dict[str, Callable[[], str]] = {
    "paper": lambda: _("文书"),
    "stage": lambda: _("办案阶段"),
    "token": lambda: _("令牌"),
    "effective_from": lambda: _("施行日期"),
    "procedures": lambda: _("新的程序版本"),
    "files": lambda: _("文件"),
    "date.before": lambda: _("原届满日"),
    "date.offered": lambda: _("商请的日期"),
    "with": lambda: _("关联的事项"),
    "count": lambda: _("数量"),
}
OTHER_EVENTS: dict[str, Callable[[], str]] = {
    "case.open": lambda: _("登记案件"),
    "sheet.bring": lambda: _("上传表格"),
    "sheet.take": lambda: _("导入表格"),
    "sheet.drop": lambda: _("放弃表格"),
    "sheet.export": lambda: _("导出列表"),
    "files.sweep": lambda: _("清理未引用的文件"),
    "matter.assign": lambda: _("分办"),
    "matter.remind": lambda: _("催办"),
    "matter.offer_date": lambda: _("商请期限"),
    "matter.take_date": lambda: _("同意改期"),
    "matter.decline_date": lambda: _("未同意改期"),
    "matter.withdraw_date": lambda: _("撤回商请"),
    "matter.escalate": lambda: _("升级督办"),
    "silence.state": lambda: _("未答复证明"),
    "matter.rate": lambda: _("互评"),
    "matter.link": lambda: _("关联事项"),
    "matter.unlink": lambda: _("解除关联"),
    "charter.draft": lambda: _("起草章程修改"),
    "charter.revise": lambda: _("修改章程草案"),
    "charter.discard": lambda: _("废弃章程草案"),
    "charter.adopt": lambda: _("通过章程版本"),
    "people.take_on": lambda: _("登记人员"),
    "people.contact": lambda: _("修改人员联系方式"),
    "people.propose": lambda: _("提请任职"),
    "people.appoint": lambda: _("任职"),
    "people.end": lambda: _("结束任职"),
    "people.term": lambda: _("变更任期"),
    "people.move": lambda: _("调整科室"),
    "people.deactivate": lambda: _("停用账号"),
    "people.reactivate": lambda: _("启用账号"),
    "people.confirm": lambda: _("确认任职或者授权"),
    "people.refuse": lambda: _("不予确认任职或者授权"),
    "people.leave": lambda: _("登记请假代理"),
    "people.delegate": lambda: _("提请授权"),
    "people.return": lambda: _("结束请假或者授权"),
    "people.handover": lambda: _("移交在办事项"),
    "people.department": lambda: _("设立科室"),
    "people.dissolve": lambda: _("撤销科室"),
    "people.competence": lambda: _("调整业务分工"),
    "people.invite": lambda: _("发出邀请"),
    "people.invitation_end": lambda: _("撤销邀请"),
    "people.accept": lambda: _("接受邀请"),
    "feed.make": lambda: _("生成日历订阅地址"),
    "feed.revoke": lambda: _("停用日历订阅地址"),
    "token.issue": lambda: _("签发接口令牌"),
    "token.revoke": lambda: _("撤销接口令牌"),
    "account.signed_in": lambda: _("登录"),
    "account.locked": lambda: _("账号因多次输错而锁定"),
    "account.unlocked": lambda: _("解锁账号"),
    "account.factor_added": lambda: _("设置第二重验证"),
    "account.factor_removed": lambda: _("停用第二重验证"),
    "account.reset_factor": lambda: _("重置第二重验证"),
    "account.sessions_ended": lambda: _("结束登录"),
    "account.password_changed": lambda: _("修改密码"),
    "account.identity_tied": lambda: _("关联身份"),
    "account.identity_untied": lambda: _("解除关联身份"),
}


def stage_words(stage: str) -> str:
    """The stage of a case in words."""
    return next((words(option) for option in STAGES if option.id == stage), stage)


def event_words(event: str, glass: Glass) -> tuple[str, str]:
    """An event in words: the procedure's name, or none, and what was done."""
    area, _dot, name = event.partition(".")
    if area in glass.charter.in_force:
        procedure = glass.charter.procedure(area, on=glass.today)
        act = next((act for act in procedure.acts if act.id == name), None)
        if act is not None:
            return words(procedure), words(act)
    return "", OTHER_EVENTS[event]() if event in OTHER_EVENTS else event


def detail_words(details: dict[str, Any], event: str, glass: Glass) -> list[tuple[str, str]]:
    """The details of an entry in words; digests stand in the API, where programs compare them."""
    area = event.partition(".")[0]
    procedure = glass.charter.procedure(area, on=glass.today) if area in glass.charter.in_force else None
    told: list[tuple[str, str]] = []
    if procedure is not None and details.get("to"):
        labels = {state.id: words(state) for state in procedure.states}
        before, after = (labels.get(str(details.get(name)), "") for name in ("from", "to"))
        told.append((_("状态"), after if before in {"", after} else f"{before} → {after}"))
    for name, value in details.items():
        if procedure is not None and name.startswith("clock."):
            rule = next((rule for rule in procedure.clocks if rule.id == name.removeprefix("clock.")), None)
            until = _("中止") if value == "suspended" else day(date.fromisoformat(str(value)))
            told.append((words(rule) if rule else name, until))
        elif name in DETAIL_WORDS and value:
            text = ", ".join(value) if isinstance(value, list) else str(value)
            told.append((DETAIL_WORDS[name](), stage_words(text) if name == "stage" else text))
    return told
