// SM2 signatures with SM3 (GB/T 32918.2), verification only, r and s of 32 bytes each; nothing here is secret.
import { sm3 } from '../sm3.js';
import { bigOf, bytesOf, digestOf, fromHex, joined } from './reading.js';

const P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
const B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;
const N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const X = 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n;
const Y = 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n;
const INFINITY = [1n, 1n, 0n];
const IDENTIFIER = bytesOf('1234567812345678');

function mod(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function inverse(value) {
  let found = 1n;
  for (let square = value, left = P - 2n; left; left >>= 1n) {
    if (left & 1n) found = (found * square) % P;
    square = (square * square) % P;
  }
  return found;
}

function double([x, y, z]) {
  if (!y || !z) return INFINITY;
  const yy = (y * y) % P;
  const s = (4n * x * yy) % P;
  const zz = (z * z) % P;
  const m = mod(3n * (x - zz) * (x + zz));
  const x2 = mod(m * m - 2n * s);
  return [x2, mod(m * (s - x2) - 8n * yy * yy), (2n * y * z) % P];
}

function add(one, two) {
  if (!one[2]) return two;
  if (!two[2]) return one;
  const [z1, z2] = [(one[2] * one[2]) % P, (two[2] * two[2]) % P];
  const [u1, u2] = [(one[0] * z2) % P, (two[0] * z1) % P];
  const [s1, s2] = [(one[1] * z2 * two[2]) % P, (two[1] * z1 * one[2]) % P];
  const [h, r] = [mod(u2 - u1), mod(s2 - s1)];
  if (!h) return r ? INFINITY : double(one);
  const hh = (h * h) % P;
  const [hhh, v] = [(h * hh) % P, (u1 * hh) % P];
  const x = mod(r * r - hhh - 2n * v);
  return [x, mod(r * (v - x) - s1 * hhh), (h * one[2] * two[2]) % P];
}

// The point of a public key, 04 x y; null for what is not on the curve.
export function sm2Key(bytes) {
  if (bytes.length !== 65 || bytes[0] !== 4) return null;
  const [x, y] = [bigOf(bytes.subarray(1, 33)), bigOf(bytes.subarray(33))];
  return x >= P || y >= P || mod(y * y - x * x * x + 3n * x - B) ? null : [x, y, 1n];
}

export function sm2(key, message, signature) {
  const point = sm2Key(key);
  if (!point || signature.length !== 64) return false;
  const [r, s] = [bigOf(signature.subarray(0, 32)), bigOf(signature.subarray(32))];
  const t = (r + s) % N;
  if (r <= 0n || r >= N || s <= 0n || s >= N || !t) return false;
  const steps = [null, [X, Y, 1n], point, add([X, Y, 1n], point)];
  let found = INFINITY;
  for (let bit = 255n; bit >= 0n; bit -= 1n) {
    found = double(found);
    const step = steps[Number(((s >> bit) & 1n) | (((t >> bit) & 1n) << 1n))];
    if (step) found = add(found, step);
  }
  if (!found[2]) return false;
  const x = mod(found[0] * inverse((found[2] * found[2]) % P));
  const e = bigOf(fromHex(digestOf(joined(holder(key), message), sm3)));
  return (e + x) % N === r;
}

// The digest of who signs: identifier, curve and key.
function holder(key) {
  const bits = IDENTIFIER.length * 8;
  const curve = [P - 3n, B, X, Y].map((number) => fromHex(number.toString(16).padStart(64, '0')));
  return fromHex(digestOf(joined(Uint8Array.of(bits >> 8, bits & 255), IDENTIFIER, ...curve, key.subarray(1)), sm3));
}
