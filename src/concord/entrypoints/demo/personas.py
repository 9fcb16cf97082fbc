"""The nine people that a newcomer may be with one click; all of them invented."""

from __future__ import annotations

from dataclasses import dataclass

from concord.rules.errors import Said


@dataclass(frozen=True, slots=True)
class Persona:
    """An invented person; ``place`` is the organisation by the charter's order, 0 the centre.

    ``home`` is the place that seconded the person to the centre.
    """

    username: str
    zh: str
    en: str
    place: int
    post: str
    telephone: str
    does: Said
    group: str = ""
    home: int | None = None


PERSONAS = (
    Persona(
        "shen.yun",
        "沈昀",
        "Shen Yun",
        1,
        "case_officer",
        "021-0110 0201",
        Said("起草协查请求，跟踪答复，办结", "Drafts requests, follows the answers, closes"),
    ),
    Persona(
        "gu.mingyuan",
        "顾明远",
        "Gu Mingyuan",
        1,
        "leader",
        "021-0110 0200",
        Said("审核、退回、签发本局的函件", "Checks, sends back and signs the bureau's letters"),
    ),
    Persona(
        "ye.qing",
        "叶青",
        "Ye Qing",
        4,
        "case_officer",
        "0579-0440 0201",
        Said("签收请求，逐项答复，附上证据", "Accepts requests, answers item by item with evidence"),
    ),
    Persona(
        "fang.zhen",
        "方振",
        "Fang Zhen",
        4,
        "leader",
        "0579-0440 0200",
        Said("告知延期，签发复函", "Gives notice of delay, signs the answer"),
    ),
    Persona(
        "lu.wen",
        "陆闻",
        "Lu Wen",
        0,
        "secondee",
        "021-0110 0290",
        Said("派驻协作中心，协调被提请的事项", "Seconded to the centre, steps in when asked"),
        group="enforcement",
        home=1,
    ),
    Persona(
        "wei.jie",
        "魏洁",
        "Wei Jie",
        1,
        "auditor",
        "021-0110 0280",
        Said("查阅流水，核对每个行为", "Reads the journal, act by act"),
    ),
    Persona(
        "tang.li",
        "唐立",
        "Tang Li",
        1,
        "administrator",
        "021-0110 0270",
        Said("登记人员、岗位和请假，签发接口令牌", "Registers people, posts and leave; issues API tokens"),
    ),
    Persona(
        "jiang.lan",
        "江岚",
        "Jiang Lan",
        1,
        "security_officer",
        "021-0110 0260",
        Said("确认任职和授权，为锁定的账号解锁", "Confirms appointments and delegations, unlocks accounts"),
    ),
    Persona(
        "he.an",
        "何安",
        "He An",
        9,
        "legal_officer",
        "0551-0990 0201",
        Said("起草章程修改；本局没有参与的事项一件也看不到", "Drafts changes of the charter; sees no matter of others"),
    ),
)
