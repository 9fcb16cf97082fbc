// C09 to C12 and C15: that the package was logged, that its log signed, that witnesses saw the same log; and what is
// kept for later.
import { proves, signersOf } from './notes.js';
import { canonical, hexOf, isTable, pairOf, same, samePair, timeText } from './reading.js';
import { orNull } from './shapes.js';

const LAST = 253402300799n; // the end of the year 9999
const KINDS = { evidence: 'seal' };
// Why a leaf is not the one of this package.
const FAULT = { seal: sealFault, head: headFault };

const missing = (id) => ({ id, status: 'not_applicable', reason: 'not_logged', facts: {} });
const unreadable = (id) => ({ id, status: 'not_applicable', reason: 'unreadable', facts: {} });
const failed = (id, reason, facts = {}) => ({ id, status: 'fail', reason, facts });

// C09 to C12 of a package's leaves and proofs, `logged` by the names seal and head as far as these are there; and what
// was judged of each: its place and the time in seconds at which its quorum was complete, null where there is none.
export function logChecks(found, trust) {
  const present = ['seal', 'head'].filter((which) => found.logged[which]).map((which) => [which, found.logged[which]]);
  if (!present.length) return { checks: ['C09', 'C10', 'C11', 'C12'].map(missing), judged: {} };
  const signers = new Map();
  for (const [which, { proof }] of present) {
    if (proof.value) signers.set(which, signersOf(proof.value.checkpoint, trust.policy, trust.sm2Keys));
  }
  const whole = signers.size === present.length;
  const checks = [
    leafCheck(present, found),
    inclusionCheck(present, found),
    whole ? logCheck(present, signers) : unreadable('C11'),
    whole ? witnessCheck(signers, trust.policy) : unreadable('C12'),
  ];
  const judged = present.map(([which, one]) => [which, judgedOf(which, one, found, signers.get(which), trust.policy)]);
  return { checks, judged: Object.fromEntries(judged) };
}

function judgedOf(which, { bytes, leaf, proof }, found, signers, policy) {
  const readable = leaf.value && proof.value && found.manifest.value && found.events.value;
  const fault = readable && FAULT[which](leaf.value, found);
  if (!readable || fault || !signers.signed || !proves(proof.value, bytes)) return { place: null, provenAt: null };
  const place = { origin: proof.value.checkpoint.origin, index: proof.value.index };
  return { place, provenAt: signers.wrong.length ? null : completeAt(signers.times, policy) };
}

// The earliest time at which the cosigners until then satisfied the policy.
function completeAt(times, policy) {
  const inOrder = [...times].sort(([, one], [, other]) => (one < other ? -1 : 1));
  const until = (last) => new Set(inOrder.filter(([, at]) => at <= last).map(([name]) => name));
  const complete = inOrder.find(([, at]) => policy.satisfied(until(at)));
  return complete ? inCalendar(complete[1]) : null;
}

// Seconds as far as a calendar reaches.
function inCalendar(seconds) {
  return Number(seconds < LAST ? seconds : LAST);
}

function leafCheck(present, found) {
  for (const [leaf, one] of present) if (!one.leaf.value) return failed('C09', 'form', { leaf, ...one.leaf.fault });
  if (!found.manifest.value || !found.events.value) return unreadable('C09');
  for (const [leaf, one] of present) {
    const fault = FAULT[leaf](one.leaf.value, found);
    if (fault) return failed('C09', fault, { leaf });
  }
  return { id: 'C09', status: 'pass', reason: 'same', facts: { leaves: present.map(([leaf]) => leaf) } };
}

function sealFault(leaf, { id, manifest, events, tokens }) {
  const { kind, issuer } = manifest.value;
  if (leaf.t !== (KINDS[kind] ?? kind) || leaf.id !== id) return 'another_package';
  if (leaf.org !== issuer.org) return 'another_organisation';
  if (!samePair(leaf.head, events.value[1].pair)) return 'another_event';
  return leaf.tst && !tokens.some((token) => samePair(pairOf(token), leaf.tst)) ? 'another_token' : '';
}

function headFault(leaf, { id, events }) {
  const newest = events.value.at(-1);
  const last = events.value.length - 1;
  if (leaf.id !== id) return 'another_package';
  if (leaf.org !== newest.body.actor.org) return 'another_organisation';
  return last <= 1 || leaf.seq !== last || !samePair(leaf.head, newest.pair) ? 'another_event' : '';
}

function inclusionCheck(present, { logged, lastSeq }) {
  for (const [leaf, one] of present) if (!one.proof.value) return failed('C10', 'form', { leaf, ...one.proof.fault });
  const outside = present.find(([, one]) => !proves(one.proof.value, one.bytes));
  if (outside) return failed('C10', 'not_included', { leaf: outside[0] });
  const fault = logged.head ? orderFault(logged.seal.proof.value, logged.head.proof.value) : '';
  if (fault) return failed('C10', fault);
  if (!logged.head && lastSeq > 1) {
    return { id: 'C10', status: 'indeterminate', reason: 'newer_events', facts: { count: lastSeq - 1 } };
  }
  const leaves = present.map(([leaf, { proof }]) => {
    const { index, checkpoint } = proof.value;
    return { leaf, index: String(index), size: String(checkpoint.size), root: hexOf(checkpoint.root) };
  });
  return { id: 'C10', status: 'pass', reason: 'included', facts: { leaves } };
}

// Why the newest event cannot have been logged after the sealing, in the same log.
function orderFault(seal, head) {
  const [one, other] = [seal.checkpoint, head.checkpoint];
  if (one.origin !== other.origin) return 'another_log';
  if (head.index <= seal.index || other.size < one.size) return 'order';
  return other.size === one.size && !same(other.root, one.root) ? 'two_roots' : '';
}

function logCheck(present, signers) {
  for (const [leaf, { proof }] of present) {
    const { origin } = proof.value.checkpoint;
    const { known, signed } = signers.get(leaf);
    if (!known) return failed('C11', 'unknown_log', { leaf, origin });
    if (!signed) return failed('C11', 'signature', { leaf, origin });
  }
  const { origin } = present[0][1].proof.value.checkpoint;
  return { id: 'C11', status: 'pass', reason: 'signed', facts: { origin } };
}

function witnessCheck(signers, policy) {
  const needed = policy.size();
  for (const [leaf, { wrong }] of signers) if (wrong.length) return failed('C12', 'signature', { leaf, names: wrong });
  for (const [leaf, { times }] of signers) {
    if (!policy.satisfied(times)) {
      const facts = { leaf, count: times.size, needed, names: [...times.keys()].sort() };
      return { id: 'C12', status: 'indeterminate', reason: 'too_few', facts };
    }
  }
  for (const [leaf, { unknown }] of signers) {
    if (unknown.length) {
      return { id: 'C12', status: 'indeterminate', reason: 'unknown_signer', facts: { leaf, names: unknown } };
    }
  }
  const checkpoints = [...signers].map(([leaf, { times, sm2 }]) => {
    const witnesses = [...times].map(([name, at]) => ({ name, at: timeText(inCalendar(at)) }));
    return { leaf, witnesses, sm2 };
  });
  return { id: 'C12', status: 'pass', reason: 'cosigned', facts: { needed, checkpoints } };
}

// What outside chains and later renewals say, of which no form is known.
export function keptCheck({ kept }) {
  if (!kept.length) return { id: 'C15', status: 'not_applicable', reason: 'none', facts: {} };
  for (const [entry, bytes] of kept) {
    const table = orNull(() => canonical(bytes));
    if (!isTable(table) || typeof table.schema !== 'string') return failed('C15', 'form', { entry });
  }
  const entries = kept.map(([entry]) => entry).sort();
  return { id: 'C15', status: 'indeterminate', reason: 'unknown_schema', facts: { entries } };
}
