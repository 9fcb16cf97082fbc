"""Every failure under ``/api/`` as RFC 9457 ``application/problem+json``, in the language the caller asks for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.encoding import escape_uri_path
from django.utils.translation.trans_real import parse_accept_lang_header
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import BaseModel, Field

from concord.rules.errors import ConcordError, Problem, Said, Stale

MEDIA_TYPE = "application/problem+json"
URN = "urn:concord:error:"
# Where a program can do more with another status than the tree's: RFC 9110 for If-Match, the draft on idempotency keys.
KEY_REUSED = "casework.key_reused"
FIRST_FAULT_OF_OURS = 500

TITLES = {
    400: Said("请求无法读取", "The request cannot be read"),
    401: Said("需要接口令牌", "An API token is needed"),
    403: Said("没有权限", "Not allowed"),
    404: Said("没有找到", "Not found"),
    405: Said("此地址不支持该方法", "Method not offered here"),
    409: Said("与当前状态不符", "It does not fit the present state"),
    412: Said("已有新的进展", "Someone else acted first"),
    413: Said("内容过大", "Too large"),
    415: Said("内容类型不能接收", "Media type not taken"),
    422: Said("内容不能接收", "The content cannot be taken"),
    428: Said("需要写明版本", "The version must be named"),
    500: Said("系统内部错误", "A fault of ours"),
    503: Said("暂时不可用", "Unavailable for now"),
}

# What the door refuses by itself, before anything of the house is asked: code → status, words.
REFUSALS = {
    "request.malformed": (
        400,
        Said(
            "请求无法读取：应为 UTF-8 编码、不含空字符的规范 JSON。",
            "The request cannot be read; send well-formed JSON in UTF-8 without NUL characters.",
        ),
    ),
    "request.no_key": (
        400,
        Said(
            "请在请求头 Idempotency-Key 中给出 1 至 80 个可见 ASCII 字符的提交编号，重试时保持不变。",
            "Give an Idempotency-Key header of 1 to 80 visible ASCII characters, the same one when you try again.",
        ),
    ),
    "request.no_token": (
        401,
        Said(
            "请在请求头 Authorization 中以 Bearer 方式给出有效的接口令牌。",
            "Send a good API token in the Authorization header: Bearer and the token.",
        ),
    ),
    "request.no_such_address": (
        404,
        Said("没有这个地址，请核对接口说明。", "There is nothing at this address; see the API's description."),
    ),
    "request.method_not_offered": (
        405,
        Said("此地址不支持该方法，见响应头 Allow。", "This address does not offer the method; see the Allow header."),
    ),
    "request.too_large": (
        413,
        Said(
            "请求超过大小上限：JSON 4 MiB，文件 50 MiB。",
            "The request is too large; JSON may have 4 MiB, a file 50 MiB.",
        ),
    ),
    "request.wrong_media_type": (
        415,
        Said("请求内容应为 application/json。", "The body should be application/json."),
    ),
    "request.invalid": (
        422,
        Said(
            "请求中有不能接收的值，请更正列出的项目。",
            "The request holds values that cannot be taken; mend those listed.",
        ),
    ),
    "request.no_version": (
        428,
        Said(
            "请在请求头 If-Match 中写明您所看到的版本（读取事项时的 ETag）。",
            "Say in an If-Match header which version you have seen: the ETag you got with the matter.",
        ),
    ),
    "request.failed": (
        500,
        Said(
            "系统内部出错。请稍后以同一提交编号重试：已经办理的不会重复办理。",
            "Something failed on our side. Try again later with the same key; what was done is not done twice.",
        ),
    ),
}

# The commonest things wrong with a value, in Chinese; the validator's own words are English.
WRONG = {
    "missing": "请给出此项。",
    "extra_forbidden": "没有此项。",
    "string_type": "应为文字。",
    "string_too_long": "文字过长。",
    "string_too_short": "文字过短。",
    "string_pattern_mismatch": "写法不符。",
    "int_parsing": "应为整数。",
    "int_type": "应为整数。",
    "greater_than_equal": "过小。",
    "less_than_equal": "过大。",
    "bool_parsing": "应为 true 或 false。",
    "literal_error": "不在可选范围内。",
    "enum": "不在可选范围内。",
    "uuid_parsing": "应为 UUID。",
    "dict_type": "应为对象。",
    "list_type": "应为列表。",
    "too_long": "项数过多。",
}


# What Django and Ninja raise, the narrower kinds first.
FOREIGN: tuple[tuple[type[Exception], str], ...] = (
    (AuthenticationError, "request.no_token"),
    (HttpError, "request.malformed"),
    (Http404, "request.no_such_address"),
    (RequestDataTooBig, "request.too_large"),
    (SuspiciousOperation, "request.malformed"),
    (MultiPartParserError, "request.malformed"),
)


class RequestRefused(ConcordError):
    """The door refuses a request by itself, with one of ``REFUSALS``."""

    def __init__(self, code: str, *, problems: tuple[Problem, ...] = ()) -> None:
        status, said = REFUSALS[code]
        super().__init__(code, said, problems=problems)
        self.status = status


class ProblemItem(BaseModel):
    """One thing wrong with one field."""

    field: str = Field(description="Dotted path such as questions.2; empty for the whole.")
    code: str
    detail: str


class ProblemBody(BaseModel):
    """A problem (RFC 9457)."""

    type: str = Field(description="urn:concord:error: and the code.")
    title: str
    status: int
    detail: str = Field(description="What happened, why, and what to do next, in the language of Accept-Language.")
    instance: str
    code: str = Field(description="Stable; programs go by it.")
    errors: list[ProblemItem]
    details: dict[str, str | int] = Field(description="Further facts of the error, such as a date.")


def language_of(request: HttpRequest) -> str:
    """``zh`` or ``en``, whichever ``Accept-Language`` names first; Chinese when it names neither."""
    for tag, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if tag.startswith(("zh", "en")):
            return tag[:2]
    return "zh"


def problem_response(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """The answer to a failed request; a fault of ours is logged and signalled, and says nothing of its cause."""
    told = _as_concord(error if isinstance(error, Exception) else error())
    status = _status_of(told)
    if status == FIRST_FAULT_OF_OURS:
        structlog.get_logger().error("api.failed", path=request.path, exc_info=error)
        got_request_exception.send(sender=None, request=request)
        told = RequestRefused("request.failed")
    language = language_of(request)
    body = ProblemBody(
        type=URN + told.code,
        title=TITLES[status].in_language(language),
        status=status,
        detail=told.said.in_language(language),
        instance=escape_uri_path(request.path),
        code=told.code,
        errors=[
            ProblemItem(field=problem.field, code=problem.code, detail=problem.said.in_language(language))
            for problem in told.problems
        ],
        details=told.details,
    )
    content = json.dumps(body.model_dump(), ensure_ascii=False)
    response = HttpResponse(content, status=status, content_type=MEDIA_TYPE)
    response.headers["Content-Language"] = language
    if status == HTTPStatus.UNAUTHORIZED:
        given = "Authorization" in request.headers
        response.headers["WWW-Authenticate"] = 'Bearer realm="concord"' + (', error="invalid_token"' if given else "")
    return response


def _status_of(error: ConcordError) -> int:
    if isinstance(error, Stale):
        return HTTPStatus.PRECONDITION_FAILED
    if error.code == KEY_REUSED:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return error.status


def _as_concord(error: Exception) -> ConcordError:
    """The error of the tree that says what ``error`` says."""
    if isinstance(error, ConcordError):
        return error
    if isinstance(error, ValidationError):
        return invalid(error.errors)
    if isinstance(error.__cause__, RequestRefused):  # Ninja wraps whatever the body's parser raises
        return error.__cause__
    code = next((code for kind, code in FOREIGN if isinstance(error, kind)), "request.failed")
    return RequestRefused(code)


def invalid(found: Sequence[dict[str, Any]]) -> RequestRefused:
    """What a validator found, each at the path that the caller knows it by."""
    problems = []
    for one in found:
        source, *path = [str(part) for part in one["loc"]]
        field = ".".join(path[1:] if source == "body" else path)
        english = str(one["msg"])
        problems.append(Problem(field, f"request.{one['type']}", Said(WRONG.get(one["type"], english), english)))
    return RequestRefused("request.invalid", problems=tuple(problems))


def bad_value(field: str, code: str, said: Said) -> RequestRefused:
    """One value that its schema let pass but that cannot be taken."""
    return RequestRefused("request.invalid", problems=(Problem(field, code, said),))
