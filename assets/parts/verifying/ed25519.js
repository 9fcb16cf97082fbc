// Ed25519 (RFC 8032), verification only: [S]B - [k]A must be written as R is, byte for byte. Browsers differ in which
// equation they check and offer it over TLS only, so the same code runs everywhere; nothing here is secret.
import { bigOf, joined, same } from './reading.js';
import { sha512 } from './sha512.js';

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * power(121666n, P - 2n));
const ROOT = power(2n, (P - 1n) / 4n);
const NEUTRAL = [0n, 1n, 1n, 0n];
const BASE = pointOf(littleBytes(mod(4n * power(5n, P - 2n))));

function mod(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let found = 1n;
  for (let square = base % P, left = exponent; left; left >>= 1n) {
    if (left & 1n) found = (found * square) % P;
    square = (square * square) % P;
  }
  return found;
}

function littleOf(bytes) {
  return bigOf(bytes.slice().reverse());
}

function littleBytes(value) {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 255n));
}

function add(p, q) {
  const a = mod((p[1] - p[0]) * (q[1] - q[0]));
  const b = mod((p[1] + p[0]) * (q[1] + q[0]));
  const c = mod(2n * p[3] * q[3] * D);
  const d = mod(2n * p[2] * q[2]);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function pointOf(bytes) {
  const whole = littleOf(bytes);
  const [sign, y] = [whole >> 255n, whole & ((1n << 255n) - 1n)];
  if (y >= P) return null;
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = mod(u * power(v, 3n) * power(mod(u * power(v, 7n)), (P - 5n) / 8n));
  if (mod(v * x * x - u)) x = mod(x * ROOT);
  if (mod(v * x * x - u) || (!x && sign)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

// The point of a public key; null for what no key may be, such as the eight points of small order.
export function ed25519Key(bytes) {
  const point = bytes.length === 32 ? pointOf(bytes) : null;
  if (!point) return null;
  let eightfold = point;
  for (let times = 0; times < 3; times += 1) eightfold = add(eightfold, eightfold);
  return eightfold[0] === 0n && eightfold[1] === eightfold[2] ? null : point;
}

export function ed25519(key, message, signature) {
  const point = ed25519Key(key);
  if (!point || signature.length !== 64) return false;
  const s = littleOf(signature.subarray(32));
  if (s >= L) return false;
  const k = littleOf(sha512(joined(signature.subarray(0, 32), key, message))) % L;
  const negative = [mod(-point[0]), point[1], 1n, mod(-point[3])];
  const steps = [null, BASE, negative, add(BASE, negative)];
  let found = NEUTRAL;
  for (let bit = 253n; bit >= 0n; bit -= 1n) {
    found = add(found, found);
    const step = steps[Number(((s >> bit) & 1n) | (((k >> bit) & 1n) << 1n))];
    if (step) found = add(found, step);
  }
  const inverse = power(found[2], P - 2n);
  const [x, y] = [mod(found[0] * inverse), mod(found[1] * inverse)];
  return same(littleBytes(y | ((x & 1n) << 255n)), signature.subarray(0, 32));
}
