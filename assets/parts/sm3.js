// SM3 (GB/T 32905-2016), as bytes come; browsers have it nowhere.
import { digester } from './blocks.js';

const INITIAL = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
];
const TURNED = Int32Array.from({ length: 64 }, (_, j) => turn(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32));
const words = new Int32Array(68);

export function sm3() {
  return digester(INITIAL, compress);
}

function turn(word, by) {
  return by ? (word << by) | (word >>> (32 - by)) : word;
}

function expand(bytes, at) {
  for (let j = 0; j < 16; j += 1) {
    const k = at + 4 * j;
    words[j] = (bytes[k] << 24) | (bytes[k + 1] << 16) | (bytes[k + 2] << 8) | bytes[k + 3];
  }
  for (let j = 16; j < 68; j += 1) {
    const w = words[j - 3];
    const x = words[j - 16] ^ words[j - 9] ^ ((w << 15) | (w >>> 17));
    const y = words[j - 13];
    words[j] = x ^ ((x << 15) | (x >>> 17)) ^ ((x << 23) | (x >>> 9)) ^ ((y << 7) | (y >>> 25)) ^ words[j - 6];
  }
}

function compress(state, bytes, from, until) {
  for (let at = from; at < until; at += 64) {
    expand(bytes, at);
    let [a, b, c, d, e, f, g, h] = state;
    for (let j = 0; j < 64; j += 1) {
      const a12 = (a << 12) | (a >>> 20);
      const sum = (a12 + e + TURNED[j]) | 0;
      const ss1 = (sum << 7) | (sum >>> 25);
      const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
      const tt1 = (ff + d + (ss1 ^ a12) + (words[j] ^ words[j + 4])) | 0;
      const tt2 = (gg + h + ss1 + words[j]) | 0;
      d = c;
      c = (b << 9) | (b >>> 23);
      b = a;
      a = tt1;
      h = g;
      g = (f << 19) | (f >>> 13);
      f = e;
      e = tt2 ^ ((tt2 << 9) | (tt2 >>> 23)) ^ ((tt2 << 17) | (tt2 >>> 15));
    }
    state[0] ^= a;
    state[1] ^= b;
    state[2] ^= c;
    state[3] ^= d;
    state[4] ^= e;
    state[5] ^= f;
    state[6] ^= g;
    state[7] ^= h;
  }
}
