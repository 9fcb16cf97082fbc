// The worker that verifies a package where it lies: it reads the file block by block and sends nothing anywhere. It is
// given a trust file's bytes, then packages; the page is told how far it is, then the report.
import { Refused } from './parts/verifying/reading.js';
import { readTrust } from './parts/verifying/trust.js';
import { verify } from './parts/verifying/verifying.js';

const TELL_EVERY = 16 * 1024 * 1024;
const reader = new FileReaderSync();
let trust = null;

self.addEventListener('message', ({ data: { bytes, file, now } }) => {
  if (bytes) self.postMessage({ trust: trusted(bytes) });
  else self.postMessage(reported(file, now));
});

function trusted(bytes) {
  try {
    trust = readTrust(bytes);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    return { refused: true };
  }
  const { version, expiresAt, fingerprint } = trust;
  return { version, expiresAt, fingerprint };
}

function reported(file, now) {
  let [done, told] = [0, 0];
  const read = (at, length) => new Uint8Array(reader.readAsArrayBuffer(file.slice(at, at + length)));
  const progress = (count) => {
    done += count;
    if (done - told < TELL_EVERY) return;
    told = done;
    self.postMessage({ done });
  };
  try {
    return { report: verify({ read, length: file.size, trust, now, progress }) };
  } catch (failure) {
    if (failure instanceof DOMException) return { unreadable: true }; // the file was moved or changed meanwhile
    throw failure;
  }
}
