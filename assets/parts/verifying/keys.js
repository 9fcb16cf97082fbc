// C07 and C13, as far as they do not depend on a time-stamp, which is not read here: whether each actor's key could be
// relied on at its place in the log and its time, and whether the times follow one another.
import { secondsOf, timeText } from './reading.js';

const SLACK = 5 * 60;
const ENDED = 'ended_since';
const MOST_NAMED = 100;

const unreadable = (id) => ({ id, status: 'not_applicable', reason: 'unreadable', facts: {} });
const leftOpen = (id) => ({ id, status: 'not_checked', reason: 'not_checked', facts: {} });

// `judged` are the proofs of sealing and newest event, `now` the time of verification in seconds since 1970.
export function keyCheck({ events, tokens }, { entries }, judged, now) {
  if (!events.value) return unreadable('C07');
  const [ended, claimed, unsure] = [[], [], []];
  const newest = events.value.length - 1;
  for (const [number, { body }] of events.value.entries()) {
    const ofSealing = number <= 1;
    const { place = null, provenAt = null } = (ofSealing ? judged.seal : judged.head) ?? {};
    const position = { place, provenAt, own: ofSealing || number === newest, stamped: ofSealing && tokens.length > 0 };
    const fault = keyFault(body, entries.get(body.actor.key) ?? [], position, now);
    if (fault && fault !== ENDED) {
      return { id: 'C07', status: 'fail', reason: fault, facts: { event: number, key: body.actor.key } };
    }
    if (fault) ended.push(number);
    else if (position.stamped) unsure.push(number);
    else if (provenAt === null) claimed.push(number);
  }
  if (unsure.length) return leftOpen('C07');
  const names = [...new Set(events.value.map(({ body }) => body.actor.key))].sort();
  if (ended.length) {
    const facts = { events: ended.slice(0, MOST_NAMED), key: events.value[ended[0]].body.actor.key };
    return { id: 'C07', status: 'indeterminate', reason: ENDED, facts };
  }
  if (claimed.length) {
    const facts = { events: claimed.slice(0, MOST_NAMED), names };
    return { id: 'C07', status: 'pass', reason: 'valid_as_claimed', facts };
  }
  return { id: 'C07', status: 'pass', reason: 'valid', facts: { names } };
}

// Why the key cannot be relied on for this event; of a stamped one only what no time-stamp could change.
function keyFault(body, entries, { place, provenAt, own, stamped }, now) {
  if (!entries.length) return 'unknown_key';
  const claimedAt = secondsOf(body.claimed_at);
  const isPlaced = (entry) => !place || (entry.origin === place.origin ? entry.index : 0n) <= place.index;
  const valid = entries.filter(
    (entry) =>
      entry.status === 'valid' && entry.from <= claimedAt && claimedAt < entry.until && isPlaced(entry),
  );
  if (!valid.length) return 'not_valid';
  const holds = (entry) => {
    if (entry.status !== 'revoked') return false;
    if (isPlaced(entry)) return true;
    return !stamped && entry.compromisedSince !== null && (provenAt === null || provenAt >= entry.compromisedSince);
  };
  if (entries.some(holds)) return 'revoked';
  if (stamped) return '';
  const begun = provenAt === null ? valid : valid.filter((entry) => entry.from <= provenAt);
  if (begun.some((entry) => (provenAt ?? now) < entry.until)) return '';
  return !begun.length || (own && provenAt !== null) ? 'not_valid_when_proven' : ENDED;
}

export function timeCheck({ events, tokens }, { seal }) {
  if (!events.value) return unreadable('C13');
  if (tokens.length) return leftOpen('C13');
  const cosignedAt = seal?.provenAt ?? null;
  if (cosignedAt === null) return { id: 'C13', status: 'not_applicable', reason: 'no_time', facts: {} };
  const claimed = events.value[1].body.claimed_at;
  const facts = { claimed_at: claimed, cosigned_at: timeText(cosignedAt) };
  return secondsOf(claimed) > cosignedAt + SLACK
    ? { id: 'C13', status: 'indeterminate', reason: 'claimed_late', facts }
    : { id: 'C13', status: 'pass', reason: 'in_order', facts };
}
