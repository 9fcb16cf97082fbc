// C05, C06, C14, C16 and C17: the chain of events and their signatures, the trust file, disclosed fields, hand-overs.
import { bytesOf, fromHex, joined, pairOf, same, samePair } from './reading.js';
import { areWanted, bothGood, soundEntry } from './trust.js';

const FIRST = ['collect', 'seal'];
const CUSTODY = ['transfer', 'receive', 'recognise', 'challenge'];

const unreadable = (id) => ({ id, status: 'not_applicable', reason: 'unreadable', facts: {} });
const failed = (id, reason, facts) => ({ id, status: 'fail', reason, facts });

export function chainCheck({ events, manifestBytes, manifest }) {
  if (!events.value) return failed('C05', 'form', events.fault);
  const own = pairOf(manifestBytes);
  const issuer = manifest.value?.issuer.org;
  for (const [seq, event] of events.value.entries()) {
    const prev = seq ? events.value[seq - 1].pair : undefined;
    const fault = linkFault(event.body, seq, prev, own) || firstFault(event.body, issuer);
    if (fault) return failed('C05', fault, { event: seq });
  }
  const times = events.value.map((event) => event.body.claimed_at);
  const late = times.findIndex((time, at) => at && time < times[at - 1]);
  if (late >= 0) return failed('C05', 'time', { event: late });
  const facts = { count: times.length, first: times[0], last: times.at(-1) };
  return { id: 'C05', status: 'pass', reason: 'whole', facts };
}

function linkFault(body, seq, prev, manifest) {
  if (body.seq !== seq) return 'sequence';
  if (prev ? !samePair(body.prev, prev) : body.prev !== undefined) return 'previous';
  return samePair(body.manifest, manifest) ? '' : 'manifest';
}

// Collecting and sealing come first, once, and the issuer does them.
function firstFault({ seq, action, actor }, issuer) {
  const expected = FIRST[seq];
  if ((FIRST.includes(action) || expected) && action !== expected) return 'actions';
  return expected && issuer !== undefined && actor.org !== issuer ? 'issuer' : '';
}

// The sound entries by the names of their keys, the trust file's first and then the package's; the names of wrong ones.
export function directoryOf({ directory }, trust) {
  const found = { entries: new Map(), wrong: new Set() };
  const known = new Set(trust.directory.map(({ entry }) => JSON.stringify(entry)));
  const more = (directory?.value ?? []).filter((entry) => !known.has(JSON.stringify(entry)));
  const added = more.map((entry) => ({ entry, sound: soundEntry(trust, entry) }));
  for (const { entry, sound } of [...trust.directory, ...added]) {
    const name = entry.body.key;
    const before = found.entries.get(name) ?? [];
    const like = ({ keys }) => same(keys.ed25519, sound.keys.ed25519) && same(keys.sm2, sound.keys.sm2);
    if (sound && before.every(like)) found.entries.set(name, [...before, sound]);
    else found.wrong.add(name);
  }
  return found;
}

export function signatureCheck({ events }, { entries }) {
  if (!events.value) return unreadable('C06');
  const unknown = new Set();
  for (const event of events.value) {
    const { key } = event.body.actor;
    const facts = { event: event.body.seq, key };
    if (!areWanted(event.sigs, key)) return failed('C06', 'signatures_wanted', facts);
    if (!entries.has(key)) unknown.add(key);
    else if (!bothGood(entries.get(key)[0].keys, event, key, 'event')) return failed('C06', 'signature', facts);
  }
  if (unknown.size) {
    return { id: 'C06', status: 'indeterminate', reason: 'unknown_key', facts: { names: [...unknown].sort() } };
  }
  const names = [...new Set(events.value.map((event) => event.body.actor.key))].sort();
  return { id: 'C06', status: 'pass', reason: 'signed', facts: { count: events.value.length, names } };
}

// `at` is the time of verification, as the formats write it.
export function trustCheck({ directory }, trust, { wrong }, at) {
  const [count, needed] = [trust.organisations.size, trust.threshold];
  if (trust.wrong.length) return failed('C14', 'signature', { names: trust.wrong });
  if (count < needed) return failed('C14', 'too_few_roots', { count, needed });
  if (directory && !directory.value) return failed('C14', 'directory_form', directory.fault);
  if (wrong.size) return failed('C14', 'directory_entry', { names: [...wrong].sort() });
  const facts = { version: trust.version, expires_at: trust.expiresAt, count, needed };
  return at > trust.expiresAt
    ? { id: 'C14', status: 'indeterminate', reason: 'expired', facts }
    : { id: 'C14', status: 'pass', reason: 'in_force', facts };
}

export function disclosureCheck({ disclosure, manifest, events }) {
  if (!disclosure) return { id: 'C16', status: 'not_applicable', reason: 'closed', facts: {} };
  if (!disclosure.value) return failed('C16', 'form', disclosure.fault);
  if (!manifest.value || !events.value) return unreadable('C16');
  const commits = new Map([['manifest.json', commitsOf(manifest.value)]]);
  events.value.forEach(({ body }, seq) => commits.set(`events/${String(seq).padStart(6, '0')}.json`, commitsOf(body)));
  const fields = disclosure.value.map(({ at, name }) => ({ at, name }));
  const wrong = disclosure.value.find((one) => !samePair(commits.get(one.at)?.get(one.name), commitment(one)));
  if (wrong) return failed('C16', 'does_not_open', { at: wrong.at, name: wrong.name });
  const all = [...commits.values()].reduce((sum, one) => sum + one.size, 0);
  const facts = { count: fields.length, closed: all - fields.length, fields };
  return { id: 'C16', status: 'pass', reason: 'opened', facts };
}

function commitsOf({ commits }) {
  return new Map(Object.entries(commits ?? {}));
}

function commitment({ name, salt, value }) {
  const opened = joined(bytesOf(`field/1\0${name}\0`), fromHex(salt), bytesOf(value));
  return pairOf(opened);
}

export function custodyCheck({ events }) {
  if (!events.value) return unreadable('C17');
  const acts = events.value.map((event) => event.body).filter((body) => CUSTODY.includes(body.action));
  let underWay = null;
  for (const body of acts) {
    const fault = custodyFault(body, underWay);
    if (fault) return failed('C17', fault, { event: body.seq, action: body.action });
    if (body.action === 'transfer') underWay = body;
    if (body.action === 'receive') underWay = null;
  }
  if (underWay) {
    const facts = { event: underWay.seq, to: underWay.counterparty };
    return { id: 'C17', status: 'indeterminate', reason: 'under_way', facts };
  }
  if (!acts.length) return { id: 'C17', status: 'not_applicable', reason: 'none', facts: {} };
  const steps = acts.map((body) => ({ event: body.seq, action: body.action, org: body.actor.org }));
  return { id: 'C17', status: 'pass', reason: 'whole', facts: { count: acts.length, steps } };
}

function custodyFault(body, underWay) {
  if (body.action === 'transfer') {
    if (underWay) return 'not_received';
    return body.counterparty === undefined ? 'no_counterparty' : '';
  }
  if (!body.result) return 'no_report';
  if (body.action !== 'receive') return '';
  if (!underWay) return 'not_transferred';
  const fits = body.actor.org === underWay.counterparty && body.counterparty === underWay.actor.org;
  return fits ? '' : 'another_receiver';
}
