// The container: a ZIP of stored entries that can be written in one way only. It is compared, byte for byte, with what
// would be written anew; contents and their CRC-32 are compared while they are read. `read(at, length)` gives bytes of
// the file, so that never more than a block is in memory. See docs/reference/evidence-format.md §1.
import { bytesOf, joined, MIB, Refused, same, textOf } from './reading.js';
import { areSorted, isPayloadName, LARGEST_CHUNK_LIST, LONGEST_NAME } from './shapes.js';

const MEDIA_TYPE = 'application/vnd.concord.evidence+zip';
const BLOCK = 4 * MIB;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;
const LARGEST = 64 * 1024 * MIB;
const MOST_ENTRIES = 100_000;
const LARGEST_TOGETHER = 64 * MIB;
const [CENTRAL, END] = [46, 22];
const LARGEST_CENTRAL = CENTRAL + LONGEST_NAME + 28;
const MODE = 0o100644 * 0x10000;
// The entries outside payload/, in the order in which they stand; a number counts up from nought.
const ORDER = [
  /^mimetype()$/,
  /^manifest\.json()$/,
  /^disclosure\.json()$/,
  /^events\/([0-9]{6})\.json$/,
  /^proofs\/seal\.leaf\.json()$/,
  /^proofs\/seal\.tlog-proof()$/,
  /^proofs\/head\.leaf\.json()$/,
  /^proofs\/head\.tlog-proof()$/,
  /^proofs\/tsa-(0|[1-9][0-9]*)(?:\.gm)?\.tsr$/,
  /^proofs\/renewal-(0|[1-9][0-9]*)\.json$/,
  /^proofs\/anchor-(0|[1-9][0-9]*)\.json$/,
  /^trust\/directory\.json()$/,
  /^chunks\/(0|[1-9][0-9]*)\.json$/,
];
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let word = byte;
  for (let bit = 0; bit < 8; bit += 1) word = word & 1 ? (word >>> 1) ^ 0xedb88320 : word >>> 1;
  return word;
});

export const isPayload = (name) => name.startsWith('payload/');
export const isChunkList = (name) => name.startsWith('chunks/');

export class Container {
  // Raises Refused when anything but contents and check sums is not as it would be written.
  constructor(read, length) {
    this.read = read;
    this.length = length;
    this.unsound = new Set();
    const { count, size, start } = this.ending();
    const directory = this.exactly(start, size);
    const found = listed(directory, count);
    checkNames(found.map(({ name }) => name));
    checkSizes(found);
    this.entries = new Map(this.placed(found, directory, start).map((entry) => [entry.name, entry]));
    if (textOf(this.bytes('mimetype')) !== MEDIA_TYPE) throw new Refused();
  }

  // The bytes of an entry in blocks; once all were taken, `unsound` knows whether its check sums are right.
  *parts(name) {
    const { at, size, stated } = this.entries.get(name);
    let crc = -1;
    for (let done = 0; done < size; done += BLOCK) {
      const block = this.exactly(at + done, Math.min(BLOCK, size - done));
      crc = updated(crc, block);
      yield block;
    }
    if (stated.some((one) => one !== ~crc >>> 0)) this.unsound.add(name);
  }

  bytes(name) {
    return joined(...this.parts(name));
  }

  exactly(at, length) {
    if (at < 0 || at + length > this.length) throw new Refused();
    const bytes = this.read(at, length);
    if (bytes.length !== length) throw new Refused();
    return bytes;
  }

  ending() {
    if (this.length > LARGEST) throw new Refused();
    const last = viewOf(this.exactly(this.length - END, END));
    let [count, size, start] = [last.getUint16(8, true), last.getUint32(12, true), last.getUint32(16, true)];
    let ending = END;
    if (count === FULL16 || size === FULL32 || start === FULL32) {
      ending += 76;
      const large = viewOf(this.exactly(this.length - ending, 56));
      [count, size, start] = [24, 40, 48].map((at) => Number(large.getBigUint64(at, true)));
    }
    if (count > MOST_ENTRIES || size > count * LARGEST_CENTRAL || start + size + ending !== this.length) {
      throw new Refused();
    }
    if (!same(this.exactly(start + size, ending), endingOf(count, size, start))) throw new Refused();
    return { count, size, start };
  }

  // Where each entry lies, once both of its headers are as they would be written.
  placed(found, directory, start) {
    let at = 0;
    const headers = [];
    const entries = found.map(({ name, size, crc }) => {
      headers.push(centralHeader(name, size, crc, at));
      const length = localHeader(name, size, crc).length;
      const header = this.exactly(at, length);
      const stated = viewOf(header).getUint32(14, true);
      if (!same(header, localHeader(name, size, stated))) throw new Refused();
      const entry = { name, size, at: at + length, stated: [crc, stated] };
      at += length + size;
      return entry;
    });
    if (at !== start || !same(joined(...headers), directory)) throw new Refused();
    return entries;
  }
}

function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function updated(crc, block) {
  let found = crc;
  for (let at = 0; at < block.length; at += 1) found = (found >>> 8) ^ CRC[(found ^ block[at]) & 255];
  return found;
}

// Name, size and stated check sum of each header of the directory; the rest is seen by writing it anew.
function listed(directory, count) {
  const view = viewOf(directory);
  const found = [];
  let at = 0;
  for (let number = 0; number < count; number += 1) {
    if (at + CENTRAL > directory.length) throw new Refused();
    const [crc, stated] = [view.getUint32(at + 16, true), view.getUint32(at + 24, true)];
    const [nameLength, extraLength] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
    at += CENTRAL;
    if (nameLength > LONGEST_NAME || at + nameLength + extraLength > directory.length) throw new Refused();
    const name = textOf(directory.subarray(at, at + nameLength));
    at += nameLength + extraLength;
    if (stated === FULL32 && extraLength < 20) throw new Refused();
    const size = stated === FULL32 ? Number(view.getBigUint64(at - extraLength + 4, true)) : stated;
    found.push({ name, size, crc });
  }
  return found;
}

// The names of the table, in its order, numbered without a gap; then the files, sorted, none like another.
function checkNames(names) {
  const own = names.filter((name) => !isPayload(name));
  const files = names.slice(own.length);
  if (!files.every(isPayloadName) || !areSorted(files)) throw new Refused();
  const [mimetype, manifest, , events, leaf, proof, head, headProof] = counted(own);
  const whole = mimetype && manifest && events >= 2 && leaf === proof && head === headProof && head <= leaf;
  if (!whole) throw new Refused();
}

function counted(names) {
  const counts = ORDER.map(() => 0);
  let kind = 0;
  for (const name of names) {
    let matched = ORDER[kind].exec(name);
    while (!matched) {
      kind += 1;
      if (kind === ORDER.length) throw new Refused();
      matched = ORDER[kind].exec(name);
    }
    if (Number(matched[1] || '0') !== counts[kind] || (counts[kind] && !matched[1])) throw new Refused();
    counts[kind] += 1;
  }
  return counts;
}

function checkSizes(found) {
  let together = 0;
  for (const { name, size } of found) {
    if (isPayload(name)) continue;
    if (size > (isChunkList(name) ? LARGEST_CHUNK_LIST : MIB)) throw new Refused();
    if (!isChunkList(name)) together += size;
  }
  if (together > LARGEST_TOGETHER) throw new Refused();
}

// Little-endian numbers one after another: [bytes of the number, the number].
function packed(...fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = viewOf(bytes);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
}

const flagsOf = (name) => (name.some((byte) => byte > 0x7f) ? 0x0800 : 0);

function localHeader(text, size, crc) {
  const name = bytesOf(text);
  const extra = size >= FULL32 ? packed([2, 1], [2, 16], [8, size], [8, size]) : new Uint8Array();
  const stated = Math.min(size, FULL32);
  const fixed = packed(
    ...[[4, 0x04034b50], [2, extra.length ? 45 : 20], [2, flagsOf(name)], [2, 0], [2, 0], [2, 0x21]],
    ...[[4, crc], [4, stated], [4, stated], [2, name.length], [2, extra.length]],
  );
  return joined(fixed, name, extra);
}

function centralHeader(text, size, crc, at) {
  const name = bytesOf(text);
  const large = [...(size >= FULL32 ? [[8, size], [8, size]] : []), ...(at >= FULL32 ? [[8, at]] : [])];
  const extra = large.length ? packed([2, 1], [2, 8 * large.length], ...large) : new Uint8Array();
  const stated = Math.min(size, FULL32);
  const fixed = packed(
    ...[[4, 0x02014b50], [2, 0x0314], [2, extra.length ? 45 : 20], [2, flagsOf(name)], [2, 0], [2, 0], [2, 0x21]],
    ...[[4, crc], [4, stated], [4, stated], [2, name.length], [2, extra.length], [2, 0], [2, 0], [2, 0]],
    ...[[4, MODE], [4, Math.min(at, FULL32)]],
  );
  return joined(fixed, name, extra);
}

// What stands after a directory.
function endingOf(count, size, start) {
  const large = count >= FULL16 || size >= FULL32 || start >= FULL32;
  const records = packed(
    ...[[4, 0x06064b50], [8, 44], [2, 0x0314], [2, 45], [4, 0], [4, 0], [8, count], [8, count], [8, size], [8, start]],
    ...[[4, 0x07064b50], [4, 0], [8, start + size], [4, 1]],
  );
  const counts = Math.min(count, FULL16);
  const last = packed(
    ...[[4, 0x06054b50], [2, 0], [2, 0], [2, counts], [2, counts]],
    ...[[4, Math.min(size, FULL32)], [4, Math.min(start, FULL32)], [2, 0]],
  );
  return large ? joined(records, last) : last;
}
