// Large files go up in pieces as soon as they are chosen, and go on after a cut of the network or a reload of the page.
// An <input type="file" data-upload="address" data-worker="…" data-said="{…}" name="file"> becomes, for each file, the
// hidden fields file, file.sha256 and file.sm3. Without scripts the input sends the file with its form.
import { size } from './files.js';
import { sha256 } from './sha256.js';

const AT_ONCE = 2;
const LONGEST_PAUSE = 30_000;
const WINDOW = 8_000;
const AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);

export function takeUploads(root) {
  for (const input of root.querySelectorAll('input[type="file"][data-upload]')) {
    if (input.dataset.upload) prepare(input);
  }
}

function prepare(input) {
  const said = JSON.parse(input.dataset.said);
  const list = document.createElement('ul');
  list.className = 'uploads';
  input.after(list);
  const field = input.name;
  input.removeAttribute('name');
  const needed = input.required;
  const running = new Set();
  input.addEventListener('change', () => {
    for (const file of input.files) {
      const going = new Going({ input, field, file, list, said });
      running.add(going);
      input.required = false;
      going.done.finally(() => {
        running.delete(going);
        input.required = needed && !list.querySelector('input[type="hidden"]');
      });
    }
    input.value = '';
  });
  input.form?.addEventListener(
    'submit',
    (event) => {
      if (!running.size) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      for (const going of running) going.tell(said.wait);
    },
    { capture: true },
  );
  window.addEventListener('beforeunload', (event) => {
    if (running.size) event.preventDefault();
  });
}

// One file on its way.
class Going {
  constructor({ input, field, file, list, said }) {
    Object.assign(this, { field, file, said, address: input.dataset.upload });
    this.token = input.form.querySelector('[name="csrfmiddlewaretoken"]').value;
    this.kept = `upload:${this.address}:${file.name}:${file.size}:${file.lastModified}`;
    this.cut = new AbortController();
    this.marks = [];
    this.draw(list);
    this.digests = digestsOf(file, input.dataset.worker);
    this.done = this.run().catch((failure) => this.fail(failure));
  }

  draw(list) {
    this.line = document.createElement('li');
    const name = document.createElement('span');
    name.className = 'upload-name';
    name.textContent = this.file.name;
    this.bar = document.createElement('progress');
    this.bar.max = this.file.size;
    this.bar.value = 0;
    this.bar.setAttribute('aria-label', this.file.name);
    this.words = document.createElement('span');
    this.words.className = 'upload-words';
    this.words.setAttribute('role', 'status');
    this.drop = document.createElement('button');
    this.drop.type = 'button';
    this.drop.className = 'btn btn-sm';
    this.drop.textContent = this.said.drop;
    this.drop.setAttribute('aria-label', `${this.said.drop} ${this.file.name}`);
    this.drop.addEventListener('click', () => {
      this.cut.abort();
      this.line.remove();
    });
    this.line.append(name, this.bar, this.words, this.drop);
    list.append(this.line);
  }

  async run() {
    let upload = await this.begin();
    while (!upload.file) {
      await this.send(upload);
      this.tell(this.said.checking);
      upload = await this.ask(`${upload.uid}/complete/`, { method: 'POST' });
    }
    this.bar.value = this.file.size;
    this.tell(this.said.digesting);
    const { sha256: whole, sm3, unreadable } = await this.digests;
    this.cut.signal.throwIfAborted();
    if (unreadable || whole !== upload.file.digest) {
      remember(this.kept, null);
      throw new Refused(this.said.changed);
    }
    for (const [name, value] of [
      [this.field, upload.file.uid],
      [`${this.field}.sha256`, whole],
      [`${this.field}.sm3`, sm3],
    ]) {
      const hidden = document.createElement('input');
      Object.assign(hidden, { type: 'hidden', name, value });
      this.line.append(hidden);
    }
    this.tell(`${this.said.done} ${size(this.file.size)}`);
    this.line.classList.add('upload-done');
    this.line.closest('form').dispatchEvent(new Event('input', { bubbles: true }));
  }

  // The upload that was begun before, if it still goes; else a new one.
  async begin() {
    const uid = recall(this.kept);
    if (uid) {
      const upload = await this.ask(`${uid}/`, {}, new Set([404]));
      if (upload && upload.state !== 'refused') return upload;
    }
    const body = JSON.stringify({ name: this.file.name, size: this.file.size });
    const headers = { 'Content-Type': 'application/json' };
    const upload = await this.ask('', { method: 'POST', body, headers });
    remember(this.kept, upload.uid);
    return upload;
  }

  async send(upload) {
    const waiting = [...upload.missing];
    const length = (index) => Math.min(upload.chunk_size, this.file.size - index * upload.chunk_size);
    let here = this.file.size - waiting.reduce((sum, index) => sum + length(index), 0);
    this.progress(here);
    const one = async () => {
      while (waiting.length) {
        const index = waiting.shift();
        const from = index * upload.chunk_size;
        const piece = await this.file.slice(from, from + length(index)).arrayBuffer();
        const headers = {
          'Content-Type': 'application/octet-stream',
          'Content-Digest': `sha-256=:${await digestOf(piece)}:`,
        };
        await this.ask(`${upload.uid}/chunks/${index}/`, { method: 'PUT', body: piece, headers });
        here += length(index);
        this.progress(here);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  // A request that is made again, with growing pauses, until something answers it.
  async ask(path, options, absent = new Set()) {
    for (let pause = 1_000; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const response = await this.once(path, options);
      if (response?.ok && isJson(response)) return response.json();
      if (response && absent.has(response.status)) return null;
      if (response && !AGAIN.has(response.status)) {
        const problem = isJson(response) ? await response.json() : null;
        if (problem?.upload) return problem.upload; // pieces are asked for again
        if (problem) remember(this.kept, null);
        throw new Refused(problem?.detail ?? this.said.signed_out);
      }
      this.marks = [];
      this.tell(this.said.cut.replace('{s}', Math.round(pause / 1000)));
      await this.rest(pause);
    }
  }

  async once(path, options) {
    const headers = { ...options.headers, Accept: 'application/json', 'X-CSRFToken': this.token };
    try {
      return await fetch(this.address + path, { ...options, headers, signal: this.cut.signal });
    } catch {
      this.cut.signal.throwIfAborted();
      return null;
    }
  }

  // Until the time is over or the browser is on line again.
  rest(pause) {
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        window.removeEventListener('online', go);
        resolve();
      };
      const timer = setTimeout(go, pause);
      window.addEventListener('online', go);
      this.cut.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(this.cut.signal.reason);
      });
    });
  }

  progress(here) {
    const at = performance.now();
    this.bar.value = here;
    this.marks = [...this.marks.filter((mark) => at - mark.at < WINDOW), { at, here }];
    const [first] = this.marks;
    const speed = at > first.at ? ((here - first.here) / (at - first.at)) * 1000 : 0;
    const parts = [`${size(here)} / ${size(this.file.size)}`];
    if (speed) {
      parts.push(`${size(speed)}/s`);
      parts.push(this.said.left.replace('{t}', duration((this.file.size - here) / speed)));
    }
    this.tell(parts.join(' · '));
  }

  tell(words) {
    this.words.textContent = words;
  }

  fail(failure) {
    if (this.cut.signal.aborted) return;
    this.cut.abort();
    this.line.classList.add('upload-failed');
    this.tell(failure instanceof Refused ? failure.message : this.said.changed);
  }
}

class Refused extends Error {}

function isJson(response) {
  return (response.headers.get('Content-Type') ?? '').includes('json');
}

function digestsOf(file, address) {
  return new Promise((resolve) => {
    const worker = new Worker(address);
    const end = (found) => {
      worker.terminate();
      resolve(found);
    };
    worker.addEventListener('message', ({ data }) => end(data));
    worker.addEventListener('error', () => end({ unreadable: true }));
    worker.postMessage(file);
  });
}

// SHA-256 in base64; the browser's own where it offers it, which it does over TLS and on loopback.
async function digestOf(piece) {
  if (globalThis.crypto.subtle) return base64(new Uint8Array(await crypto.subtle.digest('SHA-256', piece)));
  const own = sha256();
  own.update(new Uint8Array(piece));
  return base64(own.hex().match(/../g).map((pair) => parseInt(pair, 16)));
}

function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

// Browsers that keep nothing begin again after a reload.
function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, uid) {
  try {
    if (uid) localStorage.setItem(key, uid);
    else localStorage.removeItem(key);
  } catch {
    // as above
  }
}

function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
