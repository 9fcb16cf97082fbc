"""Whether the parts of a charter fit together; every fault at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from concord.rules.charter.model import Charter, Escalation, Post
from concord.rules.charter.reading import Part
from concord.rules.errors import Fault, Said
from concord.rules.law import check_sources
from concord.rules.limits import Unit
from concord.rules.procedure.checking import check_source
from concord.rules.procedure.faults import Add, Faults
from concord.rules.procedure.timing import check_limit
from concord.rules.rows import advise

TIME_ZONE = "Asia/Shanghai"
LANGUAGES = ("zh-Hans", "en")
AT_ONCE = "0WD"
READ = "matter:read"
CITY_OF_SEAT = ("same_as_chair",)
STAFFING_NEEDS = ("contract", "until", "sponsor")


def check_parts(parts: tuple[Part, ...], charter: Charter) -> tuple[Fault, ...]:
    """All faults of a charter (``parts``: what it extends first, itself last) but those of its procedures."""
    own = parts[-1]
    faults = Faults(own.file)
    _check_top(own, faults)
    for part in parts:
        local = Faults(part.file)
        for source in part.sources:
            check_source(source, local)
        if charter.laws.rows:
            check_sources(part.sources, charter.laws, local)
        _check_repeated(part, parts[: parts.index(part)], local)
        _check_sources(part, charter, local)
        _check_tree(part, charter, local)
        _check_powers(part, charter, local)
        faults.found.extend(local.found)
    if own.members:
        _check_members(own, faults)
        _check_rotation(own, faults)
        _check_staffing(parts, charter, faults)
    _check_in_force(own, charter, faults)
    return faults.sorted()


def _check_top(part: Part, faults: Faults) -> None:
    if part.time_zone != TIME_ZONE:
        faults.at(part.line("time_zone"), "time_zone")(
            "charter.unknown_time_zone",
            Said("法定期限按北京时间计算", "legal days are days in China"),
            Said(f'写 time_zone = "{TIME_ZONE}"', f'write time_zone = "{TIME_ZONE}"'),
        )
    add = faults.at(part.line("languages"), "languages")
    faults.known(add, part.languages, LANGUAGES, "charter.unknown_language", Said("语言", "language"))
    folder = part.file.split("/")[-2] if "/" in part.file else ""
    if folder != part.id:
        faults.at(part.line("id"), "id")(
            "charter.wrong_place",
            Said(f"目录名“{folder}”与标识“{part.id}”不一致", f"the folder “{folder}” does not fit the id “{part.id}”"),
            Said("改目录名或标识", "rename the folder or the id"),
        )


def _rules(part: Part) -> Iterable[tuple[str, str, int]]:
    """Table, id and line of every row that must be unique in a whole charter."""
    yield from (("authorities", one.code, one.line) for one in (*part.authorities, *part.members))
    for table in ("sources", "groups", "seats", "staffing", "posts", "permissions"):
        yield from ((table, one.id, one.line) for one in getattr(part, table))


def _check_repeated(part: Part, before: tuple[Part, ...], faults: Faults) -> None:
    """A charter adds to what it extends and never redefines it."""
    seen = {(table, name): earlier.file for earlier in before for table, name, _ in _rules(earlier)}
    for table, name, line in _rules(part):
        if (table, name) in seen:
            faults.at(line, f"{table}.{name}")(
                "charter.redefined",
                Said(f"“{name}”已由 {seen[table, name]} 定义", f"“{name}” is defined by {seen[table, name]}"),
                Said("删去此行", "remove this line"),
            )


def _check_sources(part: Part, charter: Charter, faults: Faults) -> None:
    """Every source that a row names exists."""
    known = {source.id for source in charter.sources}
    cited = [
        (f"{table}.{one.id}", one.line, one.source)
        for table in ("groups", "seats", "staffing", "posts")
        for one in getattr(part, table)
    ]
    cited += [(f"authorities.{one.code}", one.line, one.source) for one in part.authorities]
    if part.agreement:
        cited.append(("agreement", part.line("agreement"), part.agreement.source))
    if part.rotation:
        cited.append(("rotation", part.line("rotation.source"), part.rotation.source))
    for rule, line, source in cited:
        if source is None:
            faults.at(line, rule)(
                "charter.no_source",
                Said("没有来源", "no source is cited"),
                Said("写 source = …", "write source = …"),
            )
        else:
            faults.known(faults.at(line, rule), [source], known, "charter.unknown_source", Said("来源", "source"))


def _check_tree(part: Part, charter: Charter, faults: Faults) -> None:
    """Every way up ends at the top."""
    up = {one.code: one.up for one in (*charter.authorities, *charter.members)}
    for one in (*part.authorities, *part.members):
        add = faults.at(one.line, f"authorities.{one.code}")
        if one.up is not None and one.up not in up:
            add(
                "charter.unknown_superior",
                Said(f"没有上级机关“{one.up}”", f"there is no superior “{one.up}”"),
                advise(one.up, up),
            )
        seen = {one.code}
        at = one.up
        while at is not None and at not in seen:
            seen.add(at)
            at = up.get(at)
        if at == one.code:
            add(
                "charter.circle",
                Said("上级关系成环", "the way up runs in a circle"),
                Said("改正 up", "mend up"),
            )


def _check_powers(part: Part, charter: Charter, faults: Faults) -> None:
    """No post without powers holds a permission that exercises power."""
    posts: Mapping[str, Post] = {post.id: post for post in charter.posts}
    for permission in part.permissions:
        add = faults.at(permission.line, f"permissions.{permission.id}")
        faults.known(add, permission.posts, posts, "charter.unknown_post", Said("岗位", "post"))
        for post in permission.posts:
            if permission.power and post in posts and not posts[post].powers:
                add(
                    "charter.power_without_powers",
                    Said(
                        f"“{posts[post].zh}”不得行使公权力，不能持有“{permission.id}”",
                        f"“{posts[post].en}” holds no powers and cannot have “{permission.id}”",
                    ),
                    Said(f"从 posts 中删去“{post}”", f"take “{post}” out of posts"),
                )


def _check_members(part: Part, faults: Faults) -> None:
    marks = Counter(member.mark for member in part.members)
    for member in part.members:
        if marks[member.mark] > 1:
            faults.at(member.line, f"members.{member.code}")(
                "charter.mark_not_unique",
                Said(f"机关代字“{member.mark}”重复", f"the letter mark “{member.mark}” is used twice"),
                Said("每个成员的代字须不同", "every member has its own"),
            )
    codes = [member.code for member in part.members]
    add = faults.at(part.line("seat"), "seat")
    faults.known(add, [part.seat or ""], codes, "charter.unknown_member", Said("成员", "member"))


def _check_rotation(part: Part, faults: Faults) -> None:
    rotation = part.rotation
    if rotation is None:
        return
    codes = [member.code for member in part.members]
    order = faults.at(part.line("rotation.order"), "rotation.order")
    faults.known(order, rotation.order, codes, "charter.unknown_member", Said("成员", "member"))
    missing = [code for code in codes if code not in rotation.order]
    if missing:
        order(
            "charter.member_without_turn",
            Said(f"轮值顺序缺少 {'、'.join(missing)}", f"no turn for {', '.join(missing)}"),
            Said("每个成员出现一次", "every member stands in it once"),
        )
    seats = faults.at(part.line("rotation.seats"), "rotation.seats")
    faults.known(seats, rotation.seats, [seat.id for seat in part.seats], "charter.unknown_seat", Said("席位", "seat"))
    check_limit(rotation.term, faults.at(part.line("rotation.term"), "rotation.term"))
    for seat in part.seats:
        add = faults.at(seat.line, f"seats.{seat.id}")
        faults.known(add, [seat.city] if seat.city else [], CITY_OF_SEAT, "charter.unknown_rule", Said("规则", "rule"))


def _check_staffing(parts: tuple[Part, ...], charter: Charter, faults: Faults) -> None:
    """Posts and ways of staffing agree on who may hold powers."""
    staffing = {one.id: one for one in charter.staffing}
    for one in parts[-1].staffing:
        add = faults.at(one.line, f"staffing.{one.id}")
        faults.known(add, one.needs, STAFFING_NEEDS, "charter.unknown_need", Said("条件", "need"))
        if one.term:
            check_limit(one.term, add)
    for part in parts:
        local = Faults(part.file)
        for post in part.posts:
            add = local.at(post.line, f"posts.{post.id}")
            if post.staffing is None:
                continue
            known = local.known(
                add, [post.staffing], staffing, "charter.unknown_staffing", Said("用人方式", "staffing")
            )
            if known and post.powers and not staffing[post.staffing].may_hold_powers:
                add(
                    "charter.powers_against_staffing",
                    Said(f"“{staffing[post.staffing].zh}”人员不得行使公权力", "this staffing may not hold powers"),
                    Said("写 powers = false", "write powers = false"),
                )
        faults.found.extend(local.found)


def _check_in_force(part: Part, charter: Charter, faults: Faults) -> None:
    for name, version in part.in_force.items():
        rule = f"in_force.procedures.{name}"
        versions = [one.in_force_from.isoformat() for one in charter.procedures.get(name, ())]
        if version.isoformat() not in versions:
            faults.at(part.line(rule), rule)(
                "charter.unknown_version",
                Said(f"没有程序 {name}@{version}", f"there is no procedure {name}@{version}"),
                advise(version.isoformat(), versions) if versions else advise(name, charter.procedures),
            )
    for name, codes in part.codes_in_force.items():
        add = faults.at(part.line(f"in_force.{name}"), f"in_force.{name}")
        if faults.known(add, [name], charter.code_lists, "charter.unknown_code_list", Said("代码表", "code list")):
            faults.known(add, codes, charter.code_lists[name], "charter.unknown_code", Said("代码", "code"))
    for index, step in enumerate(part.escalation):
        add = faults.at(step.line, f"in_force.escalation.{index}")
        _check_escalation(step, charter, faults, add)
        if step in part.escalation[:index]:
            add(
                "charter.rung_twice",
                Said("同一级督办写了两次", "the same rung is written twice"),
                Said("删去一处", "leave one of them out"),
            )


def _check_escalation(step: Escalation, charter: Charter, faults: Faults, add: Add) -> None:
    versions = charter.procedures.get(step.procedure, ())
    clocks = {clock.id for version in versions for clock in version.clocks}
    if faults.known(add, [step.procedure], charter.procedures, "charter.unknown_procedure", Said("程序", "procedure")):
        faults.known(add, [step.clock], clocks, "charter.unknown_clock", Said("期限", "clock"))
    if step.after != AT_ONCE and (wait := check_limit(step.after, add)) and wait.unit is not Unit.WORKING_DAYS:
        add(
            "charter.rung_not_in_working_days",
            Said(f"“{step.after}”不以工作日计", f"“{step.after}” is not in working days"),
            Said("升级督办按逾期工作日计，如 3WD", "a rung is so many working days late, as 3WD"),
        )
    if step.to == "agenda":
        return
    role, _, rest = step.to.partition(".")
    if role == "centre":
        faults.known(add, [rest], [one.id for one in charter.groups], "charter.unknown_group", Said("工作组", "group"))
    else:
        roles = {role for version in versions for role in version.roles}
        faults.known(add, [role], roles, "charter.unknown_role", Said("角色", "role"))
        posts = [one.id for one in charter.posts]
        known = faults.known(add, [rest], posts, "charter.unknown_post", Said("岗位", "post"))
        if known and READ not in charter.permissions_of(rest):
            add(
                "charter.post_cannot_read",
                Said(f"岗位“{rest}”不能查看事项", f"the post “{rest}” may not read matters"),
                Said(f"改为有 {READ} 权限的岗位", f"name a post that holds {READ}"),
            )
