// The worker that reads a chosen file once and answers with the SM3 and the SHA-256 of the whole, so that what was
// chosen can be proven to be what was stored. It is a bundle of its own; memory holds one piece.
import { sha256 } from './parts/sha256.js';
import { sm3 } from './parts/sm3.js';

const PIECE = 4 * 1024 * 1024;

self.addEventListener('message', async ({ data: file }) => {
  try {
    const digests = { sm3: sm3(), sha256: sha256() };
    for (let at = 0; at < file.size; at += PIECE) {
      const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
      for (const one of Object.values(digests)) one.update(bytes);
    }
    self.postMessage({ sm3: digests.sm3.hex(), sha256: digests.sha256.hex() });
  } catch {
    self.postMessage({ unreadable: true }); // the file was moved or changed meanwhile
  }
});
