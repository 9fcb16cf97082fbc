// What SM3 and SHA-256 have in common: 64-byte blocks, big-endian words, the same padding. Bytes may come in portions
// of any length; a digest is 64 small hexadecimal digits.
export function digester(initial, compress) {
  const state = new Int32Array(initial);
  const rest = new Uint8Array(128);
  let held = 0;
  let length = 0;

  const update = (bytes) => {
    length += bytes.length;
    let from = 0;
    if (held) {
      from = Math.min(64 - held, bytes.length);
      rest.set(bytes.subarray(0, from), held);
      held += from;
      if (held < 64) return;
      compress(state, rest, 0, 64);
      held = 0;
    }
    const whole = from + ((bytes.length - from) & ~63);
    compress(state, bytes, from, whole);
    rest.set(bytes.subarray(whole));
    held = bytes.length - whole;
  };

  const hex = () => {
    const end = held < 56 ? 64 : 128;
    rest[held] = 0x80;
    rest.fill(0, held + 1, end);
    const view = new DataView(rest.buffer);
    view.setUint32(end - 8, Math.floor(length / 2 ** 29));
    view.setUint32(end - 4, (length * 8) >>> 0);
    compress(state, rest, 0, end);
    return [...state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  };

  return { update, hex };
}
