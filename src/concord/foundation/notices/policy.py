"""How a person's settings are understood, and what a notice is called where its own words may not be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from concord.foundation.notices.models import NoticeSetting
from concord.rules.charter import Charter
from concord.rules.errors import Said
from concord.rules.mail_times import MailWish

DEFAULT: Final = MailWish()
KINDS: Final[Mapping[str, Said]] = {
    "casework.warn": Said("期限提醒", "A clock is running out"),
    "matter.remind": Said("催办", "A reminder"),
    "matter.offer_date": Said("商请期限", "Another date is offered"),
    "matter.answer_date": Said("答复商请的期限", "An answer to the date offered"),
    "matter.escalate": Said("升级督办", "An overdue matter is escalated"),
    "matter.assign": Said("分办", "A matter is assigned to you"),
    "matter.rate": Said("互评", "A rating was given"),
    "matter.link": Said("关联事项", "A matter was linked with another"),
    "sheet.export": Said("导出文件已生成", "An export is ready"),
    "people.propose": Said("任职或者授权待确认", "An appointment or delegation waits to be confirmed"),
    "people.leave": Said("代理岗位", "You stand in for somebody"),
    "account.reset_factor": Said("第二重验证已重置", "A second factor was taken away"),
    "notices.refused": Said("邮件被拒收", "The mail server refuses your address"),
    "ledger.incident": Said("存证账本异常", "Something is wrong with the ledger"),
    "calendar.recounted": Said("放假安排变更，期限重新计算", "Holidays changed, a date was counted anew"),
}
OTHER: Final = Said("其他通知", "Another notice")


def wish_of(setting: NoticeSetting) -> MailWish:
    """The wish that a row of settings keeps."""
    return MailWish(
        mode=setting.mail,
        digest_at=setting.digest_at,
        quiet_from=setting.quiet_from,
        quiet_until=setting.quiet_until,
        working_days_only=setting.on_working_days_only,
        muted=frozenset(setting.muted),
    )


def kind_words(kind: str, charter: Charter) -> Said:
    """What a kind of notice is called: the act of a procedure by its name, anything else by ``KINDS``."""
    area, _dot, name = kind.partition(".")
    for procedure in charter.procedures.get(area, ()):
        act = next((act for act in procedure.acts if act.id == name), None)
        if act is not None:
            return Said(f"{procedure.zh} · {act.zh}", f"{procedure.en} · {act.en}")
    return KINDS.get(kind, OTHER)
