"""A world in which every page of the product has something to show, and where each page is.

``Furnished.add`` adds rows of everything that any page lists; ``pages`` names a page of every address. Tests of cost
ask them with few and with many rows, journeys look at them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import URLResolver, get_resolver
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from concord.capabilities.evidence.models import Item
from concord.capabilities.governance.models import CharterDraft
from concord.casework.desk import exports
from concord.casework.desk.escalating import escalate
from concord.casework.desk.linking import link
from concord.casework.models import Case, ClockRun, DateOffer, Matter, Reminder
from concord.config.env import SignOn
from concord.entrypoints.workspace.sign_on import PROVIDER
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import CharterVersion, Department, Post, Substitution
from tests.support.evidence_items import received, sealed_item, stored
from tests.support.signing_in import set_app_up, sign_in, with_password
from tests.support.worlds import BEGINNING, World, speaking_as, time
from tests.workspace.desk import Desk, text_of

NOW: Final = "2026-04-20T09:30"
OFFICER, LEADER, ASKED, ASKED_LEADER = "asking.case_officer", "asking.leader", "asked.case_officer", "asked.leader"
ADMINISTRATOR, SECURITY, AUDITOR = "asking.administrator", "asking.security_officer", "asking.auditor"
WRITER, CENTRE = "asking.legal_officer", "centre.leader"
# Somebody who signed in by password and has an app; the same between the two steps; somebody without a factor; one
# who has never had a password; nobody.
KEYHOLDER, HALFWAY, BARE, NEWCOMER, VISITOR = "third.leader", "third.leader?", "third.clerk", "third.auditor", ""
# A visitor who has opened the link to a new password of a person who has never signed in.
RENEWING, FORGETFUL = "?", "third.legal_officer"
# Addresses without a page of their own, and why.
POSTED = "a form is sent here; asked for as a page it refuses, or leads to the page of the form"
ONWARD = "leads on to another page"
FILE = "a file"
ELSEWHERE: Final = {
    **dict.fromkeys(
        [
            *("assign", "unlink", "view_save", "view_discard", "post", "persona", "sign_on", "set_language"),
            *("batch_part", "bulk_part", "bulk_export", "export", "sheet_row", "sheet_take", "sheet_drop"),
            *("charter_draft_version", "charter_draft_base", "charter_draft_discard", "charter_draft_restore"),
            *("person_invite", "invitation_end", "person_close", "leave_end", "confirmation"),
            *("notice_test_mail", "security_act", "token_end"),
            *("uploads", "upload_chunk", "upload_complete"),
        ],
        POSTED,
    ),
    **dict.fromkeys(
        ["queues", "matter_by_uid", "charter_newest", "notice", "sign_on_back", "evidence_seal_unstamped"], ONWARD
    ),
    **dict.fromkeys(
        [
            *("feed", "paper", "file", "export_file", "sheet_template", "upload"),
            *("charter_draft_archive", "charter_handbook"),
            *("ledger_file", "ledger_entry_file", "ledger_package", "ledger_checkpoint", "ledger_tile"),
            *("evidence_file", "evidence_package", "evidence_paper", "evidence_catalogue", "evidence_export_file"),
        ],
        FILE,
    ),
}
LINK = re.compile(r"/invitation/concord_[A-Za-z0-9_-]{43}/")
ASSISTANCE = "g60/procedures/assistance/2026-01-01.toml"


@dataclass(frozen=True, slots=True)
class Place:
    """A page and who looks at it."""

    path: str
    who: str = OFFICER


def names(patterns: list[Any] | None = None) -> set[str]:
    """The names of all addresses of the product but those of programs."""
    found: set[str] = set()
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if not isinstance(pattern, URLResolver):
            found.add(str(pattern.name))
        elif str(pattern.pattern) != "api/":
            found |= names(pattern.url_patterns)
    return found


@contextmanager
def everything_switched_on() -> Iterator[None]:
    """An installation with e-mail and a provincial sign-on."""
    known = SignOn("浙政通", "https://id.example.gov.cn", "concord", "secret", vouches_for_factors=False)
    with override_settings(MAIL_IS_SENT=True, ENVIRONMENT=replace(settings.ENVIRONMENT, sign_on=known)):
        yield


def credential(name: bytes) -> dict[str, Any]:
    """What a browser would have sent when a security key was registered; nobody can sign in with it."""
    key = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    public = ES256.from_cryptography_key(key)  # type: ignore[no-untyped-call]  # fido2 publishes no types here
    held = AttestedCredentialData.create(bytes(16), name, public)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    attested = AttestationObject.create("none", AuthenticatorData.create(bytes(32), flags, 0, held), {})
    said = CollectedClientData.create("webauthn.create", b"challenge", "https://localhost")
    return {
        "id": websafe_encode(name),
        "rawId": websafe_encode(name),
        "type": "public-key",
        "response": {"clientDataJSON": said.b64, "attestationObject": websafe_encode(attested)},
        "clientExtensionResults": {},
    }


class Furnished:
    """The world with one of everything; ``add`` adds more. It is ``NOW`` throughout, and the test says so."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows = 0
        self._desks: dict[str, Desk] = {}
        self.keyholder = with_password(world, KEYHOLDER)
        with_password(world, BARE)
        self.desk(KEYHOLDER)
        newcomer = world.person(NEWCOMER)
        newcomer.set_unusable_password()
        newcomer.save()
        Post.objects.create(
            person=world.person(ASKED), organisation=world.places["centre"], kind="secondee", held_from=BEGINNING
        )
        self.central = world.matter_in("delivered", case_ref="常看的一件")
        self.closed = world.matter_in("closed", case_ref="办结的一件")
        self.add(1)
        self._adopt()

    def desk(self, who: str) -> Desk:
        """The browser of that person, signed in."""
        if who not in self._desks:
            self._desks[who] = self._signed_in(who)
        return self._desks[who]

    def _signed_in(self, who: str) -> Desk:
        if who not in {KEYHOLDER, HALFWAY, BARE, RENEWING}:
            return Desk(self.world, who)
        desk = Desk(self.world)
        if who == RENEWING:
            person = self.world.person(FORGETFUL)
            key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
            self.renewing = desk.get(f"/account/password/new/{key}/").headers["Location"]
            return desk
        sign_in(desk, who.removesuffix("?"))
        if who == KEYHOLDER:
            set_app_up(desk)
        return desk

    def add(self, n: int) -> None:
        """``n`` more rows of everything."""
        for row in range(self.rows, self.rows + n):
            self._matters(row)
            self._people(row)
            self._own_things(row)
            self._evidence(row)
        self.rows += n
        escalate(payload={}, at=time(NOW))
        self._sheet()

    def _matters(self, row: int) -> None:
        world, officer = self.world, self.world.actor(OFFICER, at=NOW)
        for state in ("submitted", "delivered", "accepted"):
            world.matter_in(state, case_ref=f"第{row}件")
        other = world.begin(case_ref=f"另案{row}")
        case = world.open_case(by=OFFICER, number=f"线索〔2026〕{row}号", name=f"线索{row}", stage="verification")
        with speaking_as(officer):
            link(matter=self.central.uid, other=other.number, kind="related", by=officer, at=time(NOW))
        world.begin(case_ref=f"附案{row}", case=case)
        places, at = world.places, time("2026-02-10T09:00") + timedelta(days=row)
        Reminder.objects.create(
            matter=self.central, sender=places["asking"], receiver=places["asked"], person=officer.person, at=at
        )
        run = ClockRun.objects.get(matter=self.central, clock="receipt")
        self._offer(run, answered=True, row=row)
        if row == 0:
            self._offer(run, answered=False, row=row)

    def _offer(self, run: ClockRun, *, answered: bool, row: int) -> None:
        person = self.world.person(ASKED)
        answer = {"answered_at": time(NOW), "answered_by": person, "taken": False} if answered else {}
        DateOffer.objects.create(
            matter=self.central,
            run=run,
            organisation=self.world.places["asked"],
            person=person,
            offered_date=date(2026, 4, 27),
            reason=f"经办人出差{row}",
            at=time(NOW),
            **answer,
        )

    def _people(self, row: int) -> None:
        manager = self.desk(ADMINISTRATOR)
        manager.post("/departments/", {"zh": f"{row}科", "areas": ["assistance"]})
        made = {"username": f"person.{row}", "zh": f"人{row}", "en": f"P{row}", "telephone": "1", "first": "2026-04-20"}
        for kind in ("case_officer", "clerk"):
            manager.post("/people/new/", {**made, "username": f"{kind}.{row}", "kind": kind})
        officer = self.world.person(OFFICER)
        Substitution.objects.create(
            post=officer.posts.get(kind="case_officer"),
            substitute=self.world.person(LEADER).posts.get(),
            reason="leave",
            held_from=date(2026, 6, 1) + timedelta(days=row),
            held_until=date(2026, 6, 2) + timedelta(days=row),
            arranged_by=officer,
            arranged_at=time(NOW),
        )
        Post.objects.create(
            person=officer,
            organisation=self.world.places["asking"],
            kind="clerk",
            held_from=date(2025, 1, 1) + timedelta(days=row),
            held_until=date(2025, 6, 1) + timedelta(days=row),
        )

    def _own_things(self, row: int) -> None:
        world, officer = self.world, self.world.actor(OFFICER, at=NOW)
        self.desk(OFFICER).post("/views/save/", {"page": "matters", "name": f"视图{row}", "query": f"q={row}"})
        post = world.person(LEADER).posts.get()
        token = {"post": post.pk, "label": f"系统{row}", "days": "90", "permissions": ["matter:read"]}
        self.desk(ADMINISTRATOR).post("/tokens/", token)
        self.desk(WRITER).post("/charter/drafts/", {"title": f"草案{row}"})
        with speaking_as(officer):
            exports.ask_for(
                kind="matters",
                name=f"{row}.csv",
                query="",
                form="csv",
                language="zh-hans",
                of=9,
                by=officer,
                at=time(NOW),
                entropy=world.random_bytes(),
            )
        Desk(world, OFFICER).get("/directory/")
        other = Desk(world)
        sign_in(other, BARE)
        key = {"name": f"密钥{row}", "credential": credential(f"key {row}".encode())}
        Authenticator.objects.create(user=self.keyholder, type=Authenticator.Type.WEBAUTHN, data=key)
        SocialAccount.objects.create(user=self.keyholder, provider=PROVIDER, uid=f"subject-{row}")

    def _evidence(self, row: int) -> None:
        """An item that was handed over and objected to, and another look at the first one by its receiver."""
        world = self.world
        if row == 0:
            self.desk(OFFICER).post("/evidence/new/", {"kind": "photo", "title": "在采集", "handling": "case_only"})
            self.collected = Item.objects.latest("id")
        item = sealed_item(world, title=f"证据{row}", officers=("case_officer",))
        matter = received(world, [item], belongs_to=self.central.number)
        told: dict[str, Any] = {
            "objected_items": [item.number],
            "objection_ground": "form",
            "objection_reason": f"缺签名{row}",
        }
        world.do(matter, "object", by=ASKED_LEADER, at="2026-03-10T09:00", **told)
        if row == 0:
            self.item, self.handover = item, matter
        stored(self.item, world.person(OFFICER), quantity=100 + row, at=time(NOW))
        handed = {"act": "inspect", "purpose": f"核对{row}", "medium": "光盘", "result": "一致", "place": "物证室"}
        self.desk(ASKED).post(f"/evidence/{self.item.number}/", handed)

    def _sheet(self) -> None:
        """A sheet with as many faulty rows, and as many good ones, as there are rows of other things."""
        made = io.StringIO(newline="")
        rows = [(f"某店{n}", f"甲{self.rows}-{n}", "已立案", "2026-01-05") for n in range(self.rows)]
        rows += [("", f"乙{self.rows}-{n}", "立案前检查", "2026-02-30") for n in range(self.rows)]
        csv.writer(made).writerows([("案件（线索）名称", "案件（线索）编号", "办案阶段", "发现日期"), *rows])
        file = SimpleUploadedFile("线索.csv", made.getvalue().encode())
        self.sheet = self.desk(OFFICER).post("/sheets/", {"kind": "leads", "file": file}).headers["Location"]

    def _adopt(self) -> None:
        """A second version of the charter, from a draft of shorter limits."""
        draft = CharterDraft.objects.latest("id")
        here = f"/charter/drafts/{draft.uid}/"
        limits = {"version": draft.version, "receipt": "1WD", "day": "2026-05-01"}
        self.desk(WRITER).post(f"{here}limits/assistance/", limits)
        draft.refresh_from_db()
        adopted = {"version": draft.version, "resolution": "协调决〔2026〕3号", "from": "2026-05-01"}
        self.desk(CENTRE).post(f"{here}adopt/", adopted)
        self.desk(WRITER).post("/charter/drafts/", {"title": "又一份草案"})
        self.draft = CharterDraft.objects.latest("id")
        self.desk(WRITER).post(f"/charter/drafts/{self.draft.uid}/limits/assistance/", {**limits, "version": 0})

    def places(self) -> dict[str, tuple[Place, ...]]:
        """Where each page is, by the name of its address; the most demanding view of each list."""
        return {**self._work(), **self._office(), **self._charter(), **self._account()}

    def _work(self) -> dict[str, tuple[Place, ...]]:
        here = f"/matters/{self.central.number}/"
        delivered, submitted = self._matters_in("delivered"), self._matters_in("submitted")
        chosen = "&".join(f"matter={number}" for number in delivered)
        leads = "&".join(f"case={uid}" for uid in Case.objects.values_list("uid", flat=True))
        offer = DateOffer.objects.get(answered_at=None)
        return {
            "today": (Place("/"), Place("/", ASKED_LEADER)),
            "matters": (
                Place("/matters/"),
                Place("/matters/?open=1&overdue=1&q=某某", ASKED),
                Place("/matters/?q=无此事项"),
            ),
            "matter": (
                *(Place(here), Place(here, ASKED), Place(f"/matters/{self.closed.number}/")),
                Place(f"/matters/{self.handover.number}/", ASKED),
            ),
            "act": (
                Place(f"{here}acts/accept/", ASKED),
                Place(f"/matters/{submitted[0]}/acts/issue/", LEADER),
                Place(f"/matters/{self.handover.number}/acts/recognise/", ASKED_LEADER),
            ),
            "remind": (Place(f"{here}remind/"),),
            "date_offer": (Place(f"{here}clocks/receipt/date/", ASKED),),
            "date_answer": (Place(f"{here}dates/{offer.pk}/"),),
            "rate": (Place(f"/matters/{self.closed.number}/rate/{self.world.places['asked'].code}/"),),
            "link": (Place(f"{here}links/"),),
            "agenda": (Place("/agenda/", CENTRE),),
            "batch": (Place(f"/batch/?{leads}"),),
            "bulk": (
                Place(f"/bulk/?{chosen}", ASKED_LEADER),
                Place(f"/bulk/?{chosen}&do=assistance.accept", ASKED_LEADER),
                Place(f"/bulk/?{chosen}&do=assign", ASKED_LEADER),
            ),
            "queue": (Place("/queues/enforcement/"), Place("/queues/mediation/")),
            "desk": (Place("/desk/", ASKED),),
            "calendar": (Place("/calendar/", ASKED), Place("/calendar/?view=week&whose=all", ASKED)),
            "calendar_feed": (Place("/calendar/feed/"),),
            "beginnings": (Place("/begin/"),),
            "begin": (Place("/begin/assistance/draft/"),),
            "evidence_export": (Place(f"/matters/{self.handover.number}/evidence/export/", ASKED),),
            "cases": (Place("/cases/"),),
            "case": (Place(f"/cases/{Case.objects.latest('id').uid}/"),),
            "case_new": (Place("/cases/new/"),),
            **self._items(),
            "exports": (Place("/exports/"),),
            "sheets": (Place("/sheets/"),),
            "sheet": (Place(self.sheet), Place(f"{self.sheet}?show=good")),
            "competence": (Place("/competence/"), Place("/competence/?kind=platform_operator")),
            "directory": (Place("/directory/"),),
            "notices": (Place("/notices/", ASKED), Place("/notices/?unread=1", LEADER)),
            "notice_settings": (Place("/notices/settings/", ASKED),),
        }

    def _items(self) -> dict[str, tuple[Place, ...]]:
        here = f"/evidence/{self.item.number}/"
        asked = self.world.places["asked"].code
        return {
            "evidence": (Place("/evidence/"), Place("/evidence/?kind=document&q=证据", ASKED)),
            "evidence_new": (Place("/evidence/new/"),),
            "evidence_precheck": (Place(f"/evidence/precheck/?kind=photo&kind=e_data&city={asked}"),),
            "evidence_grid": (Place("/evidence/grid/"), Place("/evidence/grid/?ground=form", ASKED)),
            "evidence_item": (Place(here), Place(here, ASKED)),
            "evidence_lots": (Place(f"/evidence/{self.collected.number}/lots/"),),
            "evidence_lot_move": (Place(f"{here}lots/move/", ASKED),),
            "evidence_derive": (Place(f"{here}derive/?kind=redaction"),),
            "evidence_without": (Place(f"{here}without/"),),
            "evidence_erase": (Place(f"{here}erase/", ASKED_LEADER),),
            "evidence_edit": (Place(f"/evidence/{self.collected.number}/edit/"),),
        }

    def _office(self) -> dict[str, tuple[Place, ...]]:
        officer = self.world.person(OFFICER)
        someone, post = f"/people/{officer.uid}/", officer.posts.get(kind="case_officer")
        with override_settings(MAIL_IS_SENT=False):  # else the link goes out by e-mail
            invited = self.desk(ADMINISTRATOR).post(f"/people/{self.world.person('asking.clerk').uid}/invite/")
        [invitation] = LINK.findall(text_of(invited))
        issued = Entry.objects.get(matter_uid=self.central.uid, event="assistance.issue")
        department = Department.objects.filter(organisation=self.world.places["asking"]).latest("id")
        return {
            "people": (Place("/people/", ADMINISTRATOR),),
            "person_new": (Place("/people/new/", ADMINISTRATOR),),
            "person": (Place(someone, ADMINISTRATOR),),
            "person_appoint": (Place(f"{someone}appoint/", ADMINISTRATOR),),
            "post_change": (Place(f"/people/posts/{post.pk}/", ADMINISTRATOR),),
            "leave_for": (Place(f"/people/posts/{post.pk}/leave/", ADMINISTRATOR),),
            "leave": (Place("/leave/"),),
            "departments": (Place("/departments/", ADMINISTRATOR),),
            "department": (Place(f"/departments/{department.pk}/", ADMINISTRATOR),),
            "confirmations": (Place("/confirmations/", SECURITY),),
            "invitation": (Place(invitation, VISITOR),),
            "security": (Place("/security/", SECURITY),),
            "security_account": (Place(f"/security/{officer.uid}/", SECURITY),),
            "journal": (Place("/journal/", AUDITOR), Place(f"/journal/?q={self.central.number}", AUDITOR)),
            "tokens": (Place("/tokens/", ADMINISTRATOR),),
            "ledger": (Place("/ledger/"),),
            "ledger_entry": (Place(f"/ledger/entries/{issued.pk}/"), Place(f"/ledger/entries/{issued.pk}/", AUDITOR)),
            "ledger_silence": (Place("/ledger/silence/"),),
            "ledger_verify": (Place("/ledger/verify/"),),
        }

    def _charter(self) -> dict[str, tuple[Place, ...]]:
        older, newer = (version.digest for version in CharterVersion.objects.order_by("id"))
        draft = f"/charter/drafts/{self.draft.uid}/"
        procedure = "/charter/procedures/assistance/"
        return {
            "charter": (Place("/charter/", CENTRE),),
            "charter_procedures": (Place("/charter/procedures/"),),
            "charter_procedure": (Place(f"{procedure}2026-01-01/"),),
            "procedure_difference": (Place(f"{procedure}difference/2026-01-01/2026-05-01/"),),
            "charter_difference": (Place(f"/charter/difference/{older}/{newer}/"),),
            "charter_drafts": (Place("/charter/drafts/", WRITER),),
            "charter_draft": (Place(draft, WRITER),),
            "charter_draft_limits": (Place(f"{draft}limits/assistance/", WRITER),),
            "charter_draft_adopt": (Place(f"{draft}adopt/", CENTRE),),
            "charter_draft_difference": (Place(f"{draft}difference/", WRITER),),
            "charter_draft_file": (Place(f"{draft}files/{ASSISTANCE}", WRITER),),
        }

    def _account(self) -> dict[str, tuple[Place, ...]]:
        key = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).latest("id")
        factors = "/account/factors/"
        self.desk(RENEWING)
        return {
            "account_login": (Place("/account/login/", VISITOR),),
            "account_logout": (Place("/account/logout/"),),
            "account_inactive": (Place("/account/inactive/", VISITOR),),
            "mfa_authenticate": (Place("/account/code/", HALFWAY),),
            "mfa_index": (Place("/account/", KEYHOLDER), Place("/account/", BARE)),
            "mfa_activate_totp": (Place(f"{factors}app/", BARE),),
            "mfa_deactivate_totp": (Place(f"{factors}app/remove/", KEYHOLDER),),
            "mfa_add_webauthn": (Place(f"{factors}key/", KEYHOLDER),),
            "mfa_remove_webauthn": (Place(f"{factors}key/{key.pk}/remove/", KEYHOLDER),),
            "mfa_view_recovery_codes": (Place(f"{factors}codes/", KEYHOLDER),),
            "mfa_generate_recovery_codes": (Place(f"{factors}codes/new/", KEYHOLDER),),
            "account_reauthenticate": (Place("/account/confirm/", BARE),),
            "mfa_reauthenticate": (Place("/account/confirm/code/", KEYHOLDER),),
            "mfa_reauthenticate_webauthn": (Place("/account/confirm/key/", KEYHOLDER),),
            "usersessions_list": (Place("/account/sessions/", BARE),),
            "account_change_password": (Place("/account/password/", BARE),),
            "account_set_password": (Place("/account/password/first/", NEWCOMER),),
            "account_reset_password": (Place("/account/password/forgotten/", VISITOR),),
            "account_reset_password_done": (Place("/account/password/forgotten/sent/", VISITOR),),
            "account_reset_password_from_key": (Place(self.renewing, RENEWING),),
            "account_reset_password_from_key_done": (Place("/account/password/new/", VISITOR),),
            "socialaccount_connections": (Place("/account/identities/", KEYHOLDER),),
            "socialaccount_login_cancelled": (Place("/account/sign-on/cancelled/", VISITOR),),
        }

    def _matters_in(self, state: str) -> list[str]:
        found = Matter.objects.filter(state=state).exclude(pk=self.central.pk)
        return list(found.order_by("id").values_list("number", flat=True)[:20])
