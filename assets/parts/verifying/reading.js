// Strict reading of what packages hold: canonical JSON, base64, times, numbers. See
// docs/reference/evidence-format.md §2.
import { sha256 } from '../sha256.js';
import { sm3 } from '../sm3.js';

export const MIB = 1 << 20;
const DEEPEST = 16;
const KEY = /^[a-z0-9_]+$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

// What was read is not what the format says; `place` is a dotted path such as files.0.size, where there is one.
export class Refused extends Error {
  constructor(place = '') {
    super(place);
    this.place = place;
  }
}

export function bytesOf(text) {
  return encoder.encode(text);
}

export function textOf(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Refused();
  }
}

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function before(one, other) {
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at < 0 ? one.length < other.length : at >= other.length ? false : one[at] < other[at];
}

export function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
}

export function digestOf(bytes, begin = sha256) {
  const digest = begin();
  digest.update(bytes);
  return digest.hex();
}

export function pairOf(bytes) {
  return { sha256: digestOf(bytes), sm3: digestOf(bytes, sm3) };
}

export function samePair(one, other) {
  return Boolean(one && other) && one.sha256 === other.sha256 && one.sm3 === other.sm3;
}

export function isTable(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// The one form of a value that was read by `canonical`.
export function written(value) {
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (!isTable(value)) return JSON.stringify(value);
  const parts = Object.keys(value).sort();
  return `{${parts.map((key) => `${JSON.stringify(key)}:${written(value[key])}`).join(',')}}`;
}

// Reads canonical JSON of at most `limit` bytes: whatever would be written otherwise is refused.
export function canonical(bytes, limit = MIB) {
  if (bytes.length > limit) throw new Refused();
  const text = textOf(bytes);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused();
  }
  within(value, 0);
  if (written(value) !== text) throw new Refused();
  return value;
}

function within(value, depth) {
  if (typeof value === 'object' && value !== null) {
    if (depth >= DEEPEST) throw new Refused();
    if (!Array.isArray(value) && !Object.keys(value).every((key) => KEY.test(key))) throw new Refused();
    for (const part of Object.values(value)) within(part, depth + 1);
  } else if (typeof value === 'string') {
    if (!isNormal(value)) throw new Refused();
  } else if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Refused();
}

// In normal form C, without half surrogate pairs.
export function isNormal(text) {
  return !/\p{Cs}/u.test(text) && text.normalize('NFC') === text;
}

export function base64Of(text) {
  let data;
  try {
    data = atob(text);
  } catch {
    throw new Refused();
  }
  if (btoa(data) !== text) throw new Refused();
  return Uint8Array.from(data, (char) => char.charCodeAt(0));
}

// Seconds since 1970 of YYYY-MM-DDTHH:MM:SSZ; null for anything else.
export function secondsOf(text) {
  if (typeof text !== 'string' || !TIME.test(text) || text.startsWith('0000')) return null;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) || timeText(at.getTime() / 1000) !== text ? null : at.getTime() / 1000;
}

export function timeText(seconds) {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

// A whole number without leading zeros, below 2^63, as a BigInt.
export function decimal(text) {
  if (!/^(?:0|[1-9]\d{0,18})$/.test(text) || BigInt(text) >= 1n << 63n) throw new Refused();
  return BigInt(text);
}

export function bigOf(bytes) {
  return bytes.length ? BigInt(`0x${hexOf(bytes)}`) : 0n;
}
