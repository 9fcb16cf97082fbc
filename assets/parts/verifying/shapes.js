// The shapes of the tables in packages and trust files. See docs/reference/evidence-format.md §3 to §7.
import { ed25519Key } from './ed25519.js';
import { base64Of, before, bytesOf, canonical, isNormal, isTable, MIB, Refused, secondsOf } from './reading.js';
import { sm2Key } from './sm2.js';

export const CHUNK = 4 * MIB;
export const LARGEST_CHUNK_LIST = 64 * MIB;
export const LARGEST_LEAF = 1024;
export const LONGEST_NAME = 240;
const LARGEST_SEQ = 999_999;
const NAME = '/[a-z0-9-]{1,32}#[1-9][0-9]{0,8}';

const isText = (value) => typeof value === 'string';
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isNumber = (value) => Number.isSafeInteger(value) && value >= 1;
const isSeq = (value) => isCount(value) && value <= LARGEST_SEQ;
const isTime = (value) => secondsOf(value) !== null;
const matching = (pattern) => {
  const whole = new RegExp(`^(?:${pattern})$`);
  return (value) => isText(value) && whole.test(value);
};
const oneOf = (...words) => (value) => words.includes(value);
const tableOf = (name, shape) => (value, place) => {
  if (!isTable(value) || !Object.keys(value).every(name)) return false;
  for (const [key, part] of Object.entries(value)) fits(part, shape, `${place}.${key}`);
  return true;
};
const encoded = (good) => (value) => {
  const bytes = isText(value) ? orNull(() => base64Of(value)) : null;
  return bytes !== null && good(bytes);
};

const isOrg = matching('[0-9]{6}');
export const isDigest = matching('[0-9a-f]{64}');
const isId = matching('ev1-[a-z2-7]{52}');
const isCommitName = matching('[a-z0-9_]{1,40}');
export const isSignature = encoded((bytes) => bytes.length === 64);
const PAIR = { sha256: isDigest, sm3: isDigest };
const COMMITS = tableOf(isCommitName, PAIR);
const SIGNATURE = { alg: isText, key: isText, sig: isText };
const KINDS = ['evidence', 'silence', 'snapshot', 'run'];
const SEALS = ['seal', 'silence', 'snapshot', 'run'];
const ACTIONS = [
  ...['collect', 'seal', 'transfer', 'receive', 'inspect', 'copy'],
  ...['redact', 'present', 'recognise', 'challenge', 'revoke', 'dispose'],
];

const MANIFEST = {
  schema: oneOf('manifest/1'),
  kind: oneOf(...KINDS),
  blind: isDigest,
  issuer: { org: isOrg },
  classification: oneOf('case', 'public', 'restricted'),
  collection: {
    method: oneOf('web', 'purchase', 'onsite', 'upload', 'device', 'ledger'),
    started_at: isTime,
    ended_at: isTime,
    tool: { name: isText, version: isText, 'digest?': PAIR },
    'environment?': tableOf(isText, isText),
  },
  'commits?': COMMITS,
  'freshness?': { origin: isText, size: isCount, root: isDigest },
  files: [
    {
      path: isPayloadName,
      size: isCount,
      media_type: isText,
      digest: PAIR,
      'chunks?': { size: oneOf(CHUNK), count: isCount, digest: PAIR },
      'derived_from?': PAIR,
      'redaction_of?': PAIR,
    },
  ],
  'relations?': [{ type: oneOf('derived_from', 'duplicate_of', 'continues'), id: isId }],
};
const EVENT = {
  body: {
    schema: oneOf('event/1'),
    seq: isSeq,
    'prev?': PAIR,
    manifest: PAIR,
    action: oneOf(...ACTIONS),
    actor: { org: isOrg, key: matching(`[0-9]{6}/officer${NAME}`) },
    'counterparty?': isOrg,
    claimed_at: isTime,
    'commits?': COMMITS,
    'result?': { report: PAIR },
  },
  sigs: [SIGNATURE],
};
const CHUNKS = { schema: oneOf('chunks/1'), path: isText, size: oneOf(CHUNK), sha256: [isDigest], sm3: [isDigest] };
const SEAL_LEAF = { t: oneOf(...SEALS), v: oneOf(1), org: isOrg, id: isId, seq: oneOf(1), head: PAIR, 'tst?': PAIR };
const HEAD_LEAF = { t: oneOf('event'), v: oneOf(1), org: isOrg, id: isId, seq: isSeq, head: PAIR };
const DISCLOSED = {
  at: matching('manifest\\.json|events/[0-9]{6}\\.json'),
  name: isCommitName,
  salt: isDigest,
  value: isText,
};
const DISCLOSURE = { schema: oneOf('disclosure/1'), fields: [DISCLOSED] };
const PUBLIC = {
  ed25519: encoded((bytes) => ed25519Key(bytes) !== null),
  sm2: encoded((bytes) => sm2Key(bytes) !== null),
};
const ENTRY = {
  body: {
    schema: oneOf('key/1'),
    version: oneOf(1),
    key: matching(`[0-9]{6}/(?:root|officer|log|witness|tsa)${NAME}`),
    ...PUBLIC,
    from: isTime,
    until: isTime,
    status: oneOf('valid', 'revoked'),
    'compromised_since?': isTime,
  },
  sigs: [SIGNATURE],
  'proof?': isText,
};
const DIRECTORY = { schema: oneOf('directory/1'), entries: [ENTRY] };
const AUTHORITY = {
  name: isText,
  certificate: encoded((bytes) => bytes.length > 0),
  from: isTime,
  until: isTime,
  'compromised_since?': isTime,
};
export const TRUST = {
  body: {
    schema: oneOf('trust/1'),
    version: isNumber,
    issued_at: isTime,
    expires_at: isTime,
    threshold: isNumber,
    roots: [{ key: matching(`[0-9]{6}/root${NAME}`), ...PUBLIC }],
    policy: isText,
    'sm2_witnesses?': [isText],
    authorities: [AUTHORITY],
    directory: [ENTRY],
  },
  sigs: [SIGNATURE],
};

// What `read` gives; null when it is refused.
export function orNull(read) {
  try {
    return read();
  } catch (refused) {
    if (refused instanceof Refused) return null;
    throw refused;
  }
}

// Refuses a value that has not the shape: a table (keys that may be absent end in ?), a list of one shape, or a test.
export function fits(value, shape, place = '') {
  if (typeof shape === 'function') {
    if (!shape(value, place)) throw new Refused(place);
  } else if (Array.isArray(shape)) {
    if (!Array.isArray(value)) throw new Refused(place);
    value.forEach((part, index) => fits(part, shape[0], inner(place, index)));
  } else {
    if (!isTable(value)) throw new Refused(place);
    const missing = Object.keys(shape).find((key) => !key.endsWith('?') && !Object.hasOwn(value, key));
    if (missing) throw new Refused(inner(place, missing));
    for (const [key, part] of Object.entries(value)) {
      const name = [key, `${key}?`].find((one) => Object.hasOwn(shape, one));
      if (name === undefined) throw new Refused(inner(place, key));
      fits(part, shape[name], inner(place, key));
    }
  }
  return value;
}

function inner(place, key) {
  return place ? `${place}.${key}` : String(key);
}

export function isPayloadName(value) {
  return (
    isText(value) &&
    value.startsWith('payload/') &&
    isNormal(value) &&
    bytesOf(value).length <= LONGEST_NAME &&
    !/[\\\p{Cc}]/u.test(value) &&
    !value.split('/').some((part) => ['', '.', '..'].includes(part))
  );
}

// Sorted by their bytes, none like another but for case.
export function areSorted(names) {
  const bytes = names.map(bytesOf);
  const unlike = new Set(names.map(folded)).size === names.length;
  return unlike && bytes.every((one, at) => !at || before(bytes[at - 1], one));
}

// The name without differences of case: by way of capitals, since browsers offer no case folding.
export function folded(name) {
  const fold = (char) => (char === 'ı' ? char : char.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ'));
  return Array.from(name, fold).join('').normalize('NFC');
}

export function readManifest(bytes) {
  const manifest = fits(canonical(bytes), MANIFEST);
  if (!manifest.files.length || !areSorted(manifest.files.map((file) => file.path))) throw new Refused('files');
  const { started_at: started, ended_at: ended } = manifest.collection;
  if (started > ended) throw new Refused('collection.ended_at');
  manifest.files.forEach((file, at) => {
    const count = Math.ceil(file.size / CHUNK);
    if (file.chunks && file.chunks.count !== count) throw new Refused(`files.${at}.chunks.count`);
  });
  return manifest;
}

export function readEvent(bytes) {
  const event = fits(canonical(bytes), EVENT);
  if (event.body.actor.key.split('/')[0] !== event.body.actor.org) throw new Refused('body.actor.key');
  return event;
}

export function readLeaf(bytes, which) {
  return fits(canonical(bytes, LARGEST_LEAF), which === 'seal' ? SEAL_LEAF : HEAD_LEAF);
}

export function readDisclosure(bytes) {
  const { fields } = fits(canonical(bytes), DISCLOSURE);
  const places = fields.map((one) => [one.at, one.name]);
  const inOrder = places.every((one, at) => {
    const [place, name] = at ? places[at - 1] : ['', ''];
    return place < one[0] || (place === one[0] && name < one[1]);
  });
  if (!inOrder) throw new Refused('fields');
  return fields;
}

export function readChunkList(bytes) {
  return fits(canonical(bytes, LARGEST_CHUNK_LIST), CHUNKS);
}

export function readDirectory(bytes) {
  return fits(canonical(bytes), DIRECTORY).entries;
}
