// Verifies a package with nothing but its bytes and a trust file, as `concord verify` does, but for time-stamps, which
// leave open C08, and C07 and C13 where they depend on these. What a check claims here, the command claims too.
import { Container, isChunkList, isPayload } from './container.js';
import { chainCheck, custodyCheck, directoryOf, disclosureCheck, signatureCheck, trustCheck } from './custody.js';
import { containerCheck, filesChecks, manifestCheck } from './files.js';
import { keyCheck, timeCheck } from './keys.js';
import { keptCheck, logChecks } from './logs.js';
import { readProof } from './notes.js';
import { digestOf, fromHex, pairOf, Refused, timeText } from './reading.js';
import { readDirectory, readDisclosure, readEvent, readLeaf, readManifest } from './shapes.js';

const CHECKS = Array.from({ length: 17 }, (_, at) => `C${String(at + 1).padStart(2, '0')}`);
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const FOR_LEVEL = [['C01', 'C02', 'C05', 'C06', 'C14'], ['C09', 'C10', 'C11'], ['C12'], ['C15']];
const WORST_FIRST = ['fail', 'indeterminate', 'pass'];
const ASKED = 'L2';

// The report on the bytes behind `read(at, length)`; `now` in seconds since 1970; `progress` is told of bytes read.
export function verify({ read, length, trust, now, progress = () => {} }) {
  try {
    const container = new Container(read, length);
    const found = gathered(container);
    const directory = directoryOf(found, trust);
    const { checks: logged, judged } = logChecks(found, trust);
    const checks = [
      ...filesChecks(container, found.manifest.value, progress),
      manifestCheck(found),
      chainCheck(found),
      signatureCheck(found, directory),
      keyCheck(found, directory, judged, now),
      stampCheck(found),
      ...logged,
      timeCheck(found, judged),
      trustCheck(found, trust, directory, timeText(now)),
      keptCheck(found),
      disclosureCheck(found),
      custodyCheck(found),
      containerCheck(container),
    ];
    return reported(found.id, checks.sort((one, other) => (one.id < other.id ? -1 : 1)), Boolean(found.tokens.length));
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    const rest = CHECKS.slice(1).map((id) => ({ id, status: 'not_applicable', reason: 'unreadable', facts: {} }));
    return reported('', [{ id: 'C01', status: 'fail', reason: 'form', facts: { place: '' } }, ...rest], false);
  }
}

function reported(id, checks, stamped) {
  const statuses = new Map(checks.map((check) => [check.id, check.status]));
  const level = levelOf(statuses, stamped);
  const worst = WORST_FIRST.find((status) => [...statuses.values()].includes(status));
  const verdict = worst === 'pass' && level.slice(0, 2) < ASKED ? 'indeterminate' : worst;
  return { package: id, verdict, level, checks };
}

// The highest level that the checks which were done leave open; empty when not even L0.
function levelOf(statuses, stamped) {
  let reached = '';
  if (![statuses.get('C03'), statuses.get('C04')].every((one) => ['pass', 'not_applicable'].includes(one))) return '';
  if (!['pass', 'not_checked'].includes(statuses.get('C07'))) return '';
  for (const [at, needed] of FOR_LEVEL.entries()) {
    if (!needed.every((id) => statuses.get(id) === 'pass')) break;
    reached = `L${at}`;
  }
  return reached && stamped ? `${reached}T` : reached;
}

function stampCheck({ tokens }) {
  const [status, reason] = tokens.length ? ['not_checked', 'not_checked'] : ['not_applicable', 'none'];
  return { id: 'C08', status, reason, facts: {} };
}

// Everything but the files and their chunk lists, each part with its fault where it could not be read.
function gathered(container) {
  const small = new Map();
  for (const name of container.entries.keys()) {
    if (!isPayload(name) && !isChunkList(name)) small.set(name, container.bytes(name));
  }
  const named = (test) => [...small].filter(([name]) => test(name));
  const events = named((name) => name.startsWith('events/')).map(([, bytes]) => bytes);
  const manifestBytes = small.get('manifest.json');
  return {
    id: packageId(manifestBytes),
    manifestBytes,
    manifest: tried(() => readManifest(manifestBytes)),
    events: tried(() => events.map((bytes) => ({ ...readEvent(bytes), pair: pairOf(bytes) }))),
    lastSeq: events.length - 1,
    logged: { seal: loggedAs(small, 'seal'), head: loggedAs(small, 'head') },
    tokens: named((name) => name.endsWith('.tsr')).map(([, bytes]) => bytes),
    kept: named((name) => /^proofs\/(?:renewal|anchor)-/.test(name)),
    disclosure: optional(small.get('disclosure.json'), readDisclosure),
    directory: optional(small.get('trust/directory.json'), readDirectory),
  };
}

function loggedAs(small, which) {
  const bytes = small.get(`proofs/${which}.leaf.json`);
  if (!bytes) return null;
  const proof = small.get(`proofs/${which}.tlog-proof`);
  return { bytes, leaf: tried(() => readLeaf(bytes, which)), proof: tried(() => readProof(proof)) };
}

function tried(read) {
  try {
    return { value: read() };
  } catch (refused) {
    if (refused instanceof Refused) return { value: null, fault: { place: refused.place } };
    throw refused;
  }
}

function optional(bytes, read) {
  return bytes ? tried(() => read(bytes)) : null;
}

function packageId(manifest) {
  const bits = [...fromHex(digestOf(manifest))].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const fives = bits.padEnd(Math.ceil(bits.length / 5) * 5, '0').match(/.{5}/g);
  return `ev1-${fives.map((five) => BASE32[Number.parseInt(five, 2)]).join('')}`;
}
