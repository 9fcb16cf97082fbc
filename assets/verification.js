// The page that verifies a package without sending it: choose, working, report. Everything that comes from here, the
// worker and the trust file, is fetched before anything can be chosen.
import { size } from './parts/files.js';
import { sentence, shownTime } from './parts/verifying/words.js';

const LARGEST_TRUST = 16 * 1024 * 1024;
const STATES = ['choose', 'working', 'report'];

for (const page of document.querySelectorAll('[data-verification]')) begin(page);

function begin(page) {
  const part = (name) => page.querySelector(`[data-part="${name}"]`);
  const words = JSON.parse(page.dataset.words);
  const worker = new Worker(page.dataset.worker);
  let file = null;

  const show = (state) => {
    for (const name of STATES) part(name).hidden = name !== state;
    page.dataset.state = state;
  };
  const complain = (text) => {
    part('complaint').textContent = text;
    part('complaint').hidden = !text;
  };
  const take = (chosen) => {
    if (!chosen || part('package').disabled || page.dataset.state === 'working') return;
    file = chosen;
    complain('');
    part('name').textContent = `${file.name} · ${size(file.size)}`;
    tell(0);
    show('working');
    worker.postMessage({ file, now: Math.floor(Date.now() / 1000) });
  };
  const tell = (done) => {
    part('progress').max = Math.max(file.size, 1);
    part('progress').value = done;
    part('done').textContent = `${size(done)} / ${size(file.size)}`;
  };

  const outcomes = {
    trust: (trust) => {
      part('package').disabled = Boolean(trust.refused);
      part('trust').hidden = Boolean(trust.refused);
      complain(trust.refused ? words.trust_refused : '');
      if (trust.refused) return;
      const until = shownTime(trust.expiresAt);
      part('terms').textContent = words.terms.replace('{version}', trust.version).replace('{until}', until);
      part('fingerprint').textContent = trust.fingerprint.match(/.{8}/g).join(' ');
    },
    done: tell,
    unreadable: () => {
      complain(words.unreadable);
      show('choose');
    },
    report: (report) => {
      draw({ part, words, file, report });
      show('report');
      part('verdict').focus();
    },
  };
  worker.addEventListener('message', ({ data }) => {
    for (const [name, value] of Object.entries(data)) outcomes[name](value);
  });
  worker.addEventListener('error', () => {
    complain(words.failed);
    show('choose');
  });

  listen({ part, take, show, worker, complain, words });
  show('choose');
  fetchTrust(page.dataset.trust, worker).catch(() => complain(words.no_trust));
}

async function fetchTrust(address, worker) {
  if (!address) throw new TypeError();
  const response = await fetch(address);
  if (!response.ok) throw new TypeError();
  worker.postMessage({ bytes: new Uint8Array(await response.arrayBuffer()) });
}

function listen({ part, take, show, worker, complain, words }) {
  part('package').addEventListener('change', ({ target }) => {
    const [chosen] = target.files;
    target.value = '';
    take(chosen);
  });
  part('other-trust').addEventListener('change', async ({ target }) => {
    const [chosen] = target.files;
    if (!chosen) return;
    part('package').disabled = true;
    part('whose').textContent = chosen.name;
    if (chosen.size > LARGEST_TRUST) complain(words.trust_refused);
    else worker.postMessage({ bytes: new Uint8Array(await chosen.arrayBuffer()) });
  });
  part('again').addEventListener('click', () => {
    show('choose');
    part('package').focus();
  });
  // Anywhere on the page: a file that misses the frame must not be opened by the browser instead.
  const dropped = (event) => {
    if (event.target.matches('input[type="file"]')) return;
    event.preventDefault();
    if (event.type === 'drop') take(event.dataTransfer.files[0]);
  };
  for (const kind of ['dragover', 'drop']) document.addEventListener(kind, dropped);
}

function draw({ part, words, file, report }) {
  const { verdict, level, checks } = report;
  part('result').className = `card verdict tone-${words.verdict_tones[verdict]}`;
  part('verdict').textContent = words.verdicts[verdict];
  part('level').textContent = level ? words.at_most.replace('{level}', level) : words.no_level;
  part('which').textContent = [file.name, report.package].filter(Boolean).join(' · ');
  const relied = ['whose', 'terms', 'fingerprint'].map((name) => part(name).textContent);
  part('relied').textContent = relied.join(' · ');
  part('command').textContent = `concord verify ${quoted(file.name)} --trust trust.json`;
  part('unchecked').hidden = !checks.some(({ status }) => status === 'not_checked');
  part('checks').replaceChildren(
    ...checks.map((check) => {
      const line = part('check').content.cloneNode(true).firstElementChild;
      const [id, name, state, found, serves] = line.querySelectorAll('[data-said]');
      line.dataset.check = check.id;
      line.dataset.status = check.status;
      id.textContent = check.id;
      name.textContent = words.checks[check.id].name;
      state.textContent = words.statuses[check.status];
      state.classList.add(`tone-${words.tones[check.status]}`);
      found.textContent = sentence(words, check);
      serves.textContent = words.checks[check.id].serves;
      return line;
    }),
  );
}

// A name as a shell takes it.
function quoted(name) {
  return /^[\w.-]+$/.test(name) && !name.startsWith('-') ? name : `'./${name.replaceAll("'", "'\\''")}'`;
}
