"""Packages in order, of every level and kind, and some below the level asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from concord.proofs import certificates as x509
from concord.proofs import der, sm2, timestamp_tokens, trust
from concord.proofs.signing import PrivateKeys
from tests.support import stamping
from tests.support.package_cases.registry import (
    NONE,
    NOT_LOGGED,
    PASS,
    Case,
    case,
    case_below,
    handed_over,
    key_ending,
    policy,
    simple,
)
from tests.support.packages import (
    COLLECTED,
    HANGZHOU,
    LATER,
    LOOKED_AT,
    MEMBERS,
    PUBLISHED,
    SONGJIANG,
    STAMPED,
    Alliance,
    opened_fields,
    packed,
)


@case("L0", **NOT_LOGGED, C08=NONE, C13=NONE)
def good_l0_queued(alliance: Alliance) -> Case:
    parts = replace(alliance.sealed(stamped=False), seal=None)
    return Case(packed(parts), alliance.trust(), policy("L0"))


@case("L0T", **NOT_LOGGED)
def good_l0t_queued_but_stamped(alliance: Alliance) -> Case:
    return Case(packed(replace(alliance.sealed(), seal=None)), alliance.trust(), policy("L0", timestamp=True))


@case("L2", C08=NONE)
def good_l2(alliance: Alliance) -> Case:
    return simple(alliance, stamped=False)


@case()
def good_l2t(alliance: Alliance) -> Case:
    return simple(alliance)


@case()
def good_l2t_gm_token(alliance: Alliance) -> Case:
    return simple(alliance, gm=True)


@case()
def good_l2t_gm_token_as_gm_t_0010_has_it(alliance: Alliance) -> Case:
    parts, own = alliance.sealed(stamped=False), alliance.gm_authority
    key = stamping.Key("sm2", lambda message: x509.encoded_signature(sm2.sign(own.private, message)), b"")
    made = stamping.Recipe(
        key,
        own.certificate,
        kind=timestamp_tokens.GM_SIGNED_DATA,
        version=1,
        imprint=der.sequence(stamping.identifier("sm3"), der.octets(x509.digest_of("sm3", parts.events[1]))),
        generated_at=der.generalized_time(STAMPED),
        signature_algorithm=der.sequence(der.oid(x509.SM2_SIGNING)),
    )
    tokens = [(made(), True)]
    seal = alliance.sealing(parts.manifest, parts.events, tokens=tokens)
    return Case(packed(replace(parts, tokens=tokens, seal=seal)), alliance.trust())


@case()
def good_l2t_two_tokens_one_of_the_checkpoint(alliance: Alliance) -> Case:
    parts = alliance.sealed()
    assert parts.seal is not None
    text = parts.seal[1].partition(b"\n\n")[2].partition(b"\n\n")[0] + b"\n"
    second = alliance.stamp(text, at=PUBLISHED + timedelta(minutes=1), gm=True)
    return Case(packed(replace(parts, tokens=[*parts.tokens, (second, True)])), alliance.trust())


@case()
def good_l2t_six_of_nine(alliance: Alliance) -> Case:
    return simple(alliance, cosigners=MEMBERS[3:])


@case()
def good_l2t_with_sm2_cosignatures(alliance: Alliance) -> Case:
    return simple(alliance, sm2_cosigners=MEMBERS[:4])


@case()
def good_l2t_for_a_court(alliance: Alliance) -> Case:
    return replace(simple(alliance), policy=policy("L2", timestamp=True, quorum=7))


@case(C16=PASS)
def good_l2t_disclosed(alliance: Alliance) -> Case:
    parts = alliance.sealed()
    return Case(packed(replace(parts, disclosure=opened_fields(parts.manifest))), alliance.trust())


@case(C16=PASS)
def good_l2t_disclosed_in_part(alliance: Alliance) -> Case:
    parts = alliance.sealed()
    return Case(packed(replace(parts, disclosure=opened_fields(parts.manifest, ["case_ref"]))), alliance.trust())


@case(C03=NONE, C04=NONE)
def good_l2t_thin(alliance: Alliance) -> Case:
    return Case(packed(replace(alliance.sealed(), files=None)), alliance.trust())


@case()
def good_l2t_chunked(alliance: Alliance) -> Case:
    return simple(alliance, chunked=True)


@case(C03=NONE, C04=NONE)
def good_l2t_thin_with_chunks(alliance: Alliance) -> Case:
    return Case(packed(replace(alliance.sealed(chunked=True), files=None)), alliance.trust())


@case(C17=PASS)
def good_l2t_handed_over(alliance: Alliance) -> Case:
    return simple(alliance, acts=handed_over())


@case()
def good_l2t_silence(alliance: Alliance) -> Case:
    return simple(alliance, kind="silence")


@case()
def good_l2t_snapshot(alliance: Alliance) -> Case:
    return simple(alliance, kind="snapshot", org=HANGZHOU)


@case()
def good_l2t_run(alliance: Alliance) -> Case:
    return simple(alliance, kind="run")


@case()
def good_l2t_key_revoked_later(alliance: Alliance) -> Case:
    package = packed(alliance.sealed())
    revoked = alliance.logged(alliance.revoked(compromised_since=LATER))
    return Case(package, alliance.trust(directory=[*alliance.entries(), revoked]))


@case()
def good_l2t_key_logged(alliance: Alliance) -> Case:
    entry = alliance.logged(alliance.entry(), at=COLLECTED)
    parts = replace(alliance.sealed(), directory=trust.directory([entry]))
    return Case(packed(parts), alliance.trust(directory=()))


@case()
def good_l2t_stamped_before_the_end_of_the_key(alliance: Alliance) -> Case:
    return key_ending(alliance, STAMPED + timedelta(seconds=1))


@case("L2", C08=NONE)
def good_l2_witnessed_before_the_end_of_the_key(alliance: Alliance) -> Case:
    return key_ending(alliance, PUBLISHED + timedelta(seconds=6), stamped=False)


@case()
def good_l2t_key_prolonged(alliance: Alliance) -> Case:
    entries = [alliance.entry(valid_until=STAMPED), alliance.entry()]
    return Case(packed(replace(alliance.sealed(), directory=None)), alliance.trust(directory=entries))


@case("L0", **NOT_LOGGED, C08=NONE, C13=NONE)
def good_l0_by_the_claimed_time_alone(alliance: Alliance) -> Case:
    case = key_ending(alliance, LOOKED_AT + timedelta(seconds=1), queued=True, stamped=False)
    return replace(case, policy=policy("L0"))


@case()
def good_l2t_old_root_kept(alliance: Alliance) -> Case:
    package = packed(alliance.sealed())
    roots = [*alliance.roots.values(), PrivateKeys.generate(f"{SONGJIANG}/root/2027#1", alliance.random_bytes)]
    return Case(package, alliance.trust(roots=roots))


@case_below("L0T", **NOT_LOGGED)
def queued_below_the_level_asked(alliance: Alliance) -> Case:
    return Case(packed(replace(alliance.sealed(), seal=None)), alliance.trust())


@case_below("L2T")
def level_three_asked(alliance: Alliance) -> Case:
    return replace(simple(alliance), policy=policy("L3"))
