// What a verifier trusts before it looks at any package: the cities' roots and what these have signed. See
// docs/reference/evidence-format.md §6. Certificates of time-stampers are not read here, since tokens are not checked.
import { ed25519 } from './ed25519.js';
import { proves, readPolicy, readProof, readSm2Keys, signersOf } from './notes.js';
import {
  base64Of,
  bytesOf,
  canonical,
  digestOf,
  hexOf,
  joined,
  MIB,
  pairOf,
  Refused,
  secondsOf,
  written,
} from './reading.js';
import { fits, isSignature, orNull, TRUST } from './shapes.js';
import { sm2 } from './sm2.js';

const LARGEST_TRUST = 16 * MIB;
const MOST_ROOTS = 64;
const VERIFY = {
  ed25519: (keys, ...rest) => ed25519(keys.ed25519, ...rest),
  'sm2-sm3': (keys, ...rest) => sm2(keys.sm2, ...rest),
};
const ALGORITHMS = Object.keys(VERIFY);
const KEY_NAME = /^[\x21-\x7e]{1,200}$/;

export const orgOf = (key) => key.split('/')[0];

function keysOf(table) {
  return { ed25519: base64Of(table.ed25519), sm2: base64Of(table.sm2) };
}

function signedBytes(kind, body) {
  const bytes = bytesOf(written(body));
  return joined(bytesOf(`concord-evidence/v1\n${kind}\n${bytes.length}\n`), bytes);
}

// Whether these are exactly the two signatures that are asked for of a key, in order, right or wrong.
export function areWanted(sigs, key) {
  return (
    sigs.length === ALGORITHMS.length &&
    sigs.every(({ alg, key: name, sig }, at) => alg === ALGORITHMS[at] && name === key && isSignature(sig))
  );
}

export function bothGood(keys, { body, sigs }, key, kind) {
  if (!areWanted(sigs, key)) return false;
  const message = signedBytes(kind, body);
  return sigs.every(({ alg, sig }) => VERIFY[alg](keys, message, base64Of(sig)));
}

// Reads a trust file; raises Refused when it is not of its form.
export function readTrust(bytes) {
  const table = fits(canonical(bytes, LARGEST_TRUST), TRUST);
  const { body } = table;
  const roots = new Map(body.roots.map((root) => [root.key, keysOf(root)]));
  const all = [...roots.values()].flatMap((keys) => [keys.ed25519, keys.sm2]);
  const unlike = new Set(all.map(hexOf)).size === all.length;
  if (!unlike || roots.size !== body.roots.length || roots.size > MOST_ROOTS) throw new Refused('body.roots');
  if (body.threshold > new Set([...roots.keys()].map(orgOf)).size) throw new Refused('body.threshold');
  const trust = {
    version: body.version,
    expiresAt: body.expires_at,
    threshold: body.threshold,
    fingerprint: digestOf(joined(...all)),
    roots,
    policy: readPolicy(body.policy),
    sm2Keys: readSm2Keys(body.sm2_witnesses ?? []),
    ...endorsement(table, roots),
  };
  trust.directory = body.directory.map((entry) => ({ entry, sound: soundEntry(trust, entry) }));
  return trust;
}

// The organisations whose root signed with both algorithms, and the keys whose signature is wrong or not wanted.
function endorsement({ body, sigs }, roots) {
  const formed = sigs.every(({ alg, key, sig }) => ALGORITHMS.includes(alg) && KEY_NAME.test(key) && isSignature(sig));
  if (!formed) return { organisations: new Set(), wrong: [...new Set(sigs.map(({ key }) => key))].sort() };
  const message = signedBytes('trust', body);
  const [good, wrong] = [new Set(), new Set()];
  for (const { alg, key, sig } of sigs) {
    const mark = `${alg} ${key}`;
    const right = roots.has(key) && !good.has(mark) && VERIFY[alg](roots.get(key), message, base64Of(sig));
    (right ? good : wrong).add(right ? mark : key);
  }
  const whole = [...roots.keys()].filter((key) => ALGORITHMS.every((alg) => good.has(`${alg} ${key}`)));
  return { organisations: new Set(whole.map(orgOf)), wrong: [...wrong].sort() };
}

// What an entry of a directory says of its key, and its place in the log; null when it is wrong in any way.
export function soundEntry(trust, { body, sigs, proof }) {
  const root = sigs[0]?.key;
  const keys = trust.roots.get(root);
  if (!keys || orgOf(root) !== orgOf(body.key) || !bothGood(keys, { body, sigs }, root, 'key')) return null;
  const place = proof === undefined ? { origin: null, index: 0n } : placeOf(trust, { body, sigs }, proof);
  if (!place) return null;
  const since = body.compromised_since === undefined ? null : secondsOf(body.compromised_since);
  const [from, until] = [secondsOf(body.from), secondsOf(body.until)];
  return { ...place, keys: keysOf(body), status: body.status, from, until, compromisedSince: since };
}

// Where the entry stands in the log; null unless the proof proves that.
function placeOf(trust, thing, text) {
  const proof = orNull(() => readProof(bytesOf(text)));
  if (!proof) return null;
  const { signed, wrong } = signersOf(proof.checkpoint, trust.policy, trust.sm2Keys);
  const head = pairOf(bytesOf(written(thing)));
  const leaf = written({ head, org: orgOf(thing.body.key), t: 'directory', v: 1 });
  const good = signed && !wrong.length && proves(proof, bytesOf(leaf));
  return good ? { origin: proof.checkpoint.origin, index: proof.index } : null;
}
