// The log: verifier keys, signed notes, checkpoints, proofs of inclusion and policies (C2SP; RFC 6962 and 9162).
import { sha256 } from '../sha256.js';
import { ed25519, ed25519Key } from './ed25519.js';
import {
  base64Of,
  bigOf,
  bytesOf,
  decimal,
  digestOf,
  fromHex,
  hexOf,
  joined,
  Refused,
  same,
  textOf,
} from './reading.js';
import { sm2, sm2Key } from './sm2.js';

const [LOG, WITNESS, ML_DSA, OWN] = [1, 4, 6, 255];
const OWN_BYTES = bytesOf('concord-sm2-cosignature/v1');
const LENGTHS = { [LOG]: 32, [WITNESS]: 32, [ML_DSA]: 1312, [OWN]: 65 };
const LONGEST_KEY = 4096;
const LARGEST_NOTE = 64 * 1024;
const LARGEST_PROOF = 3 * LARGEST_NOTE;
const MOST_LINES = 64;
const MOST_HASHES = 63;
const LARGEST_POLICY = 64 * 1024;
const MOST_OF_A_KIND = 64;
const NOT_IN_NAMES = /[+\s\p{Cs}\x00-\x1f\x85]/u; // eslint-disable-line no-control-regex
const CONTROL = /[\x00-\x09\x0b-\x1f]/; // eslint-disable-line no-control-regex
const POLICY_CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/; // eslint-disable-line no-control-regex

const isName = (text) => text !== '' && !NOT_IN_NAMES.test(text);
// What tells a key apart: its name and its id.
const marked = ({ name, id }) => `${name} ${id}`;

function hashed(...parts) {
  return fromHex(digestOf(joined(...parts), sha256));
}

// A key on one line, name+id+base64.
export function readKey(text) {
  const [name, id, ...rest] = text.split('+');
  if ([...text].length > LONGEST_KEY || !rest.length || !isName(name)) throw new Refused();
  const material = base64Of(rest.join('+'));
  const kind = material[0];
  const own = kind === OWN;
  if (own && !same(material.subarray(1, 1 + OWN_BYTES.length), OWN_BYTES)) throw new Refused();
  const bytes = material.subarray(own ? 1 + OWN_BYTES.length : 1);
  if (hexOf(hashed(bytesOf(`${name}\n`), material).subarray(0, 4)) !== id) throw new Refused();
  if (LENGTHS[kind] !== bytes.length) throw new Refused();
  if ((kind === LOG || kind === WITNESS) && !ed25519Key(bytes)) throw new Refused();
  if (own && !sm2Key(bytes)) throw new Refused();
  return { name, id, kind, bytes };
}

export function readSm2Keys(texts) {
  const keys = texts.map(readKey);
  const unlike = (part) => new Set(keys.map(part)).size === keys.length;
  const all = keys.every(({ kind }) => kind === OWN);
  if (!all || !unlike(({ name }) => name) || !unlike(({ bytes }) => hexOf(bytes))) throw new Refused();
  return keys;
}

function readNote(bytes) {
  if (bytes.length > LARGEST_NOTE) throw new Refused();
  const whole = textOf(bytes);
  const cut = whole.lastIndexOf('\n\n');
  if (cut < 0 || !whole.endsWith('\n') || cut + 2 >= whole.length || CONTROL.test(whole)) throw new Refused();
  const lines = whole.slice(cut + 2, -1).split('\n').map(readLine);
  if (lines.length > MOST_LINES || new Set(lines.map(marked)).size !== lines.length) throw new Refused();
  return { text: whole.slice(0, cut + 1), lines };
}

function readLine(line) {
  const words = line.split(' ');
  if (words.length !== 3 || words[0] !== '—' || !isName(words[1])) throw new Refused();
  const bytes = base64Of(words[2]);
  if (bytes.length < 5) throw new Refused();
  return { name: words[1], id: hexOf(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

function readCheckpoint(bytes) {
  const { text, lines } = readNote(bytes);
  const parts = text.slice(0, -1).split('\n');
  if (parts.length < 3 || parts.includes('')) throw new Refused();
  const root = base64Of(parts[2]);
  if (root.length !== 32) throw new Refused();
  return { origin: parts[0], size: decimal(parts[1]), root, text: bytesOf(text), lines };
}

// A tlog-proof without extra lines; index and size are BigInts.
export function readProof(bytes) {
  if (bytes.length > LARGEST_PROOF) throw new Refused();
  const cut = bytes.findIndex((byte, at) => byte === 10 && bytes[at + 1] === 10);
  if (cut < 0 || bytes.subarray(0, cut).some((byte) => byte > 0x7f)) throw new Refused();
  const [header, index, ...rest] = textOf(bytes.subarray(0, cut)).split('\n');
  if (header !== 'c2sp.org/tlog-proof@v1' || !index?.startsWith('index ')) throw new Refused();
  const hashes = rest.map(base64Of);
  if (hashes.length > MOST_HASHES || hashes.some((one) => one.length !== 32)) throw new Refused();
  const checkpoint = readCheckpoint(bytes.subarray(cut + 2));
  return { index: decimal(index.slice('index '.length)), hashes, checkpoint };
}

// Whether the leaf stands at the proof's index in the tree of its checkpoint (RFC 9162, 2.1.3.2).
export function proves({ index, hashes, checkpoint }, leaf) {
  if (index >= checkpoint.size) return false;
  let [at, last, found] = [index, checkpoint.size - 1n, hashed(Uint8Array.of(0), leaf)];
  for (const one of hashes) {
    if (!last) return false;
    if (at & 1n || at === last) {
      found = hashed(Uint8Array.of(1), one, found);
      while (!(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
    } else found = hashed(Uint8Array.of(1), found, one);
    [at, last] = [at >> 1n, last >> 1n];
  }
  return !last && same(found, checkpoint.root);
}

// Who signed a checkpoint: whether its log did, when which known witnesses did (BigInt seconds), who wrongly, who else.
export function signersOf(checkpoint, policy, sm2Keys) {
  const log = policy.logs.get(checkpoint.origin);
  const known = new Map([...policy.witnesses.values(), ...sm2Keys].map((key) => [marked(key), key]));
  const found = { known: Boolean(log), signed: false, times: new Map(), sm2: [], wrong: [], unknown: [] };
  const own = checkpoint.lines.filter((line) => log && marked(line) === marked(log));
  found.signed = own.length > 0 && own.every((line) => ed25519(log.bytes, checkpoint.text, line.signature));
  for (const line of checkpoint.lines) {
    const key = known.get(marked(line));
    if (!key || key.kind === ML_DSA) {
      if (!own.includes(line)) found.unknown.push(line.name);
      continue;
    }
    const at = cosignedAt(key, checkpoint.text, line.signature);
    if (at === null) found.wrong.push(line.name);
    else if (key.kind === OWN) found.sm2.push(line.name);
    else found.times.set(line.name, at);
  }
  return found;
}

function cosignedAt(key, text, signature) {
  if (signature.length !== 72) return null;
  const at = bigOf(signature.subarray(0, 8));
  const message = joined(bytesOf(`cosignature/v1\ntime ${at}\n`), text);
  const verify = key.kind === OWN ? sm2 : ed25519;
  return at < 1n << 63n && verify(key.bytes, message, signature.subarray(8)) ? at : null;
}

// A C2SP tlog-policy: logs by origin, witnesses by their name in the policy, groups, the quorum.
export function readPolicy(text) {
  if ([...text].length > LARGEST_POLICY || !text.endsWith('\n') || POLICY_CONTROL.test(text)) throw new Refused();
  const reading = new Reading();
  for (const line of text.split('\n')) {
    const words = line.split(/[ \t]+/).filter(Boolean);
    if (words.length && !words[0].startsWith('#')) reading.take(words);
  }
  if (reading.quorum === null) throw new Refused();
  return reading;
}

class Reading {
  constructor() {
    this.logs = new Map();
    this.witnesses = new Map();
    this.groups = new Map();
    this.quorum = null;
    this.members = new Set();
    this.taken = new Set();
  }

  take([kind, ...words]) {
    if (kind === 'log' && words.length >= 1 && words.length <= 2) {
      const key = this.key(words[0], [LOG, ML_DSA], this.logs);
      this.logs.set(key.name, key);
    } else if (kind === 'witness' && words.length >= 2 && words.length <= 3) {
      const key = this.key(words[1], [WITNESS, ML_DSA], this.witnesses);
      this.witnesses.set(this.named(words[0]), key);
    } else if (kind === 'group' && words.length >= 3) this.group(words);
    else if (kind === 'quorum' && words.length === 1 && this.quorum === null) {
      if (words[0] !== 'none' && !this.defines(words[0])) throw new Refused();
      this.quorum = words[0];
    } else throw new Refused();
  }

  defines(name) {
    return this.witnesses.has(name) || this.groups.has(name);
  }

  named(name) {
    if (name === 'none' || this.defines(name)) throw new Refused();
    return name;
  }

  // A key of these kinds that no other line has.
  key(text, kinds, others) {
    const key = readKey(text);
    const material = `${others === this.logs} ${hexOf(key.bytes)}`;
    if (!kinds.includes(key.kind) || this.taken.has(key.name) || this.taken.has(material)) throw new Refused();
    if (others.size === MOST_OF_A_KIND) throw new Refused();
    this.taken.add(key.name).add(material);
    return key;
  }

  group([name, threshold, ...members]) {
    const free = members.every((one) => this.defines(one) && !this.members.has(one));
    if (!free || new Set(members).size !== members.length || this.groups.size === MOST_OF_A_KIND) throw new Refused();
    const words = { any: 1, all: members.length };
    const needed = Object.hasOwn(words, threshold) ? words[threshold] : Number(decimal(threshold));
    if (needed < 1 || needed > members.length) throw new Refused();
    this.groups.set(this.named(name), { needed, members });
    for (const one of members) this.members.add(one);
  }

  // Whether the witnesses whose keys have these names are a quorum.
  satisfied(names, member = this.quorum) {
    if (member === 'none') return true;
    if (this.witnesses.has(member)) return names.has(this.witnesses.get(member).name);
    const { needed, members } = this.groups.get(member);
    return members.filter((one) => this.satisfied(names, one)).length >= needed;
  }

  // The smallest number of witnesses that are a quorum.
  size(member = this.quorum) {
    if (member === 'none') return 0;
    if (this.witnesses.has(member)) return 1;
    const { needed, members } = this.groups.get(member);
    const sizes = members.map((one) => this.size(one)).sort((one, other) => one - other);
    return sizes.slice(0, needed).reduce((sum, one) => sum + one, 0);
  }
}
