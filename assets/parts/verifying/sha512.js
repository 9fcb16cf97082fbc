// SHA-512 (FIPS 180-4) of short messages, for Ed25519; browsers offer theirs over TLS only.
const MASK = (1n << 64n) - 1n;
const PRIMES = firstPrimes(80);
const INITIAL = PRIMES.slice(0, 8).map((prime) => fraction(prime, 2n));
const ROUND = PRIMES.map((prime) => fraction(prime, 3n));

// The digest, as 64 bytes.
export function sha512(message) {
  const padded = new Uint8Array(Math.ceil((message.length + 17) / 128) * 128);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  let state = [...INITIAL];
  for (let at = 0; at < padded.length; at += 128) state = compress(state, view, at);
  const found = new DataView(new ArrayBuffer(64));
  state.forEach((word, index) => found.setBigUint64(8 * index, word));
  return new Uint8Array(found.buffer);
}

function firstPrimes(count) {
  const found = [];
  for (let n = 2n; found.length < count; n += 1n) if (found.every((prime) => n % prime)) found.push(n);
  return found;
}

// The first 64 bits after the point of the root: the largest whole number whose power does not exceed the prime's.
function fraction(prime, power) {
  const goal = prime << (64n * power);
  let root = 0n;
  for (let bit = 1n << 70n; bit; bit >>= 1n) if ((root + bit) ** power <= goal) root += bit;
  return root & MASK;
}

function turn(word, by) {
  return ((word >> by) | (word << (64n - by))) & MASK;
}

function compress(state, view, at) {
  const words = Array.from({ length: 16 }, (_, j) => view.getBigUint64(at + 8 * j));
  for (let j = 16; j < 80; j += 1) {
    const [x, y] = [words[j - 15], words[j - 2]];
    const s0 = turn(x, 1n) ^ turn(x, 8n) ^ (x >> 7n);
    const s1 = turn(y, 19n) ^ turn(y, 61n) ^ (y >> 6n);
    words.push((words[j - 16] + s0 + words[j - 7] + s1) & MASK);
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let j = 0; j < 80; j += 1) {
    const s1 = turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n);
    const t1 = h + s1 + ((e & f) ^ (~e & MASK & g)) + ROUND[j] + words[j];
    const s0 = turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & MASK, c, b, a, (t1 + t2) & MASK];
  }
  return [a, b, c, d, e, f, g, h].map((word, index) => (word + state[index]) & MASK);
}
