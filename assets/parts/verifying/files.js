// C01 to C04: the container, the manifest, and the digests of every file, which are never in memory as a whole.
import { sha256 } from '../sha256.js';
import { sm3 } from '../sm3.js';
import { isChunkList, isPayload } from './container.js';
import { pairOf } from './reading.js';
import { CHUNK, orNull, readChunkList } from './shapes.js';

const MOST_NAMED = 20;
const BEGIN = { sha256, sm3 };

export function containerCheck(container) {
  const named = [...container.unsound].sort();
  if (named.length) {
    return { id: 'C01', status: 'fail', reason: 'check_sum', facts: { entries: named.slice(0, MOST_NAMED) } };
  }
  const size = Math.max(...[...container.entries.values()].map((entry) => entry.at + entry.size));
  return { id: 'C01', status: 'pass', reason: 'sound', facts: { count: container.entries.size, size } };
}

export function manifestCheck({ manifest }) {
  if (!manifest.value) return { id: 'C02', status: 'fail', reason: 'form', facts: manifest.fault };
  const { kind, issuer, files } = manifest.value;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return { id: 'C02', status: 'pass', reason: 'sound', facts: { kind, org: issuer.org, count: files.length, size } };
}

// Both checks in one pass; `progress` is told how many bytes were read.
export function filesChecks(container, manifest, progress) {
  const names = [...container.entries.keys()];
  const [payload, lists] = [names.filter(isPayload), names.filter(isChunkList)];
  if (!manifest) {
    for (const name of [...lists, ...payload]) read(container, name, {}, progress);
    return ['C03', 'C04'].map((id) => ({ id, status: 'not_applicable', reason: 'no_manifest', facts: {} }));
  }
  const faults = { sha256: [], sm3: [] };
  compare({ container, manifest, payload, lists, faults, progress });
  const size = payload.reduce((sum, name) => sum + container.entries.get(name).size, 0);
  return [['C03', faults.sha256], ['C04', faults.sm3]].map(([id, found]) => outcome(id, found, payload.length, size));
}

function outcome(id, found, count, size) {
  if (found.length) {
    const facts = { count: found.length, faults: found.slice(0, MOST_NAMED) };
    return { id, status: 'fail', reason: 'differs', facts };
  }
  if (!count) return { id, status: 'not_applicable', reason: 'thin', facts: {} };
  return { id, status: 'pass', reason: 'same', facts: { count, size } };
}

function compare({ container, manifest, payload, lists, faults, progress }) {
  const both = (entry, what) => Object.values(faults).forEach((found) => found.push({ entry, what }));
  const chunked = manifest.files.filter((file) => file.chunks);
  if (lists.length !== chunked.length && (payload.length || lists.length)) both('chunks/', 'chunk_lists');
  const present = new Set(payload);
  const chunkLists = new Map();
  lists.forEach((name, at) => {
    if (at >= chunked.length) read(container, name, {}, progress);
    else chunkLists.set(chunked[at].path, chunkList(container, name, chunked[at], { faults, both }));
  });
  for (const file of manifest.files) {
    if (present.has(file.path)) {
      compareFile({ container, file, chunks: chunkLists.get(file.path), faults, both, progress });
    } else if (payload.length) both(file.path, 'missing');
    present.delete(file.path);
  }
  for (const name of present) {
    both(name, 'unlisted');
    read(container, name, {}, progress);
  }
}

// The list of a file's chunk digests; null unless it has the form, path and count that were stated.
function chunkList(container, name, { path, chunks }, { faults, both }) {
  const bytes = container.bytes(name);
  const pair = pairOf(bytes);
  for (const algorithm of Object.keys(BEGIN)) {
    if (pair[algorithm] !== chunks.digest[algorithm]) faults[algorithm].push({ entry: name, what: 'chunk_list' });
  }
  const list = orNull(() => readChunkList(bytes));
  if (list?.path === path && Object.keys(BEGIN).every((one) => list[one].length === chunks.count)) return list;
  both(name, 'chunk_list');
  return null;
}

function compareFile({ container, file, chunks, faults, both, progress }) {
  const whole = { sha256: sha256(), sm3: sm3() };
  const found = read(container, file.path, { whole, cut: Boolean(chunks) }, progress);
  if (container.entries.get(file.path).size !== file.size) {
    both(file.path, 'size');
    return;
  }
  for (const algorithm of Object.keys(BEGIN)) {
    const fault = (what) => faults[algorithm].push({ entry: file.path, what });
    if (whole[algorithm].hex() !== file.digest[algorithm]) fault('content');
    if (chunks && found[algorithm].join() !== chunks[algorithm].join()) fault('chunks');
  }
}

// Reads an entry, for its check sum at least, and gives the digests of its chunks when it is to be cut into these.
function read(container, name, { whole = {}, cut = false }, progress) {
  const found = { sha256: [], sm3: [] };
  for (const block of container.parts(name)) {
    for (const digest of Object.values(whole)) digest.update(block);
    // A block is a chunk: both begin where the entry does.
    for (let at = 0; cut && at < block.length; at += CHUNK) {
      for (const [algorithm, begin] of Object.entries(BEGIN)) {
        const digest = begin();
        digest.update(block.subarray(at, at + CHUNK));
        found[algorithm].push(digest.hex());
      }
    }
    progress(block.length);
  }
  return found;
}
