// The sentences of a report, filled in as `concord verify` fills them in; the patterns come with the page.
const MOST_SHOWN = 20;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const EIGHT_HOURS = 8 * 60 * 60 * 1000;

// What a check found, without a full stop.
export function sentence(words, { id, reason, facts }) {
  if (reason === 'not_checked') return words.not_checked;
  const { found, everywhere } = words.sentences;
  const isForm = reason === 'form' || reason === 'directory_form';
  if (isForm && facts.place) return filled(words.form, { place: printable(facts.place) });
  if (isForm && facts.place === '') return words.no_form;
  const pattern = everywhere[reason] ?? found[id === 'C04' ? 'C03' : id][reason];
  const shown = Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, shownFact(words, key, value)]));
  return filled(pattern, shown).replace(/[。.]+$/, '');
}

// A time of the formats as people here read it, in China's time; any other text as it is.
export function shownTime(text) {
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) return text;
  return `${new Date(at + EIGHT_HOURS).toISOString().slice(0, 19).replace('T', ' ')} +08:00`;
}

function filled(pattern, shown) {
  return pattern.replace(/\{(\w+)\}/g, (_, key) => shown[key]);
}

function printable(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

function shownFact(words, key, value) {
  if (!Array.isArray(value)) return printable(shownTime(String(value)));
  const written = (one) => (typeof one === 'object' ? listedFact(words, key, one) : printable(String(one)));
  const listed = value.slice(0, MOST_SHOWN).map(written);
  return [...listed, ...(value.length > MOST_SHOWN ? ['…'] : [])].join(words.sentences.comma);
}

// One of several: a fault, a field, a place in the log, a checkpoint or a step.
function listedFact(words, key, one) {
  const { faults, leaves, actions, patterns, comma } = words.sentences;
  const shown = Object.fromEntries(Object.entries(one).map(([name, value]) => [name, printable(String(value))]));
  if (key === 'faults') return filled(patterns.fault, { entry: shown.entry, what: faults[one.what] });
  if (key === 'steps') return `${shown.event} ${actions[one.action]} ${shown.org}`;
  if (key === 'fields') return shown.name;
  const leaf = leaves[one.leaf];
  if (key === 'leaves') return filled(patterns.place, { ...shown, leaf });
  const names = one.witnesses.map(({ name }) => printable(name));
  return filled(patterns.cosigned, { leaf, count: names.length, names: names.join(comma) });
}
